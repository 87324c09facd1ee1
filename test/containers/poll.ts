import { get } from "node:http";
import { repeat } from "../support/repeat.js";

/** What became of the requests of one client that asks `/healthz` over and over, each over a connection of its own. */
export interface PollResult {
  served: number;
  /** Reset in the middle, because the session that carried it was lost. */
  cut: number;
  /** Anything else: another answer, half of one, or nobody at the local address. */
  readonly wrong: string[];
}

export const liveAnswer = '200 {"ok":true,"status":"live"}';

const pollEveryMs = 20;

/** Polls until it is stopped, which waits for the request that is under way. */
export function pollGateway(port: number): { stop(): Promise<PollResult> } {
  const result: PollResult = { served: 0, cut: 0, wrong: [] };
  const poll = async () => {
    const answer = await askGateway(port).catch(nameOf);
    if (answer === liveAnswer) result.served += 1;
    else if (answer === "ECONNRESET") result.cut += 1;
    else result.wrong.push(answer);
  };
  const polling = repeat(poll, () => pollEveryMs);
  return { stop: () => polling.stop().then(() => result) };
}

/** Status and body of one request, or the error that it met. */
export function askGateway(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get({ host: "127.0.0.1", port, path: "/healthz", agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        body += part;
      });
      response.once("end", () => resolve(`${response.statusCode} ${body}`));
      response.once("error", reject);
    });
    asked.once("error", reject);
  });
}

function nameOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}
