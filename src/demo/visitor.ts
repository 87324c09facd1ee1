import { once } from "node:events";
import { get } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const pollMs = 5;
const answerTimeoutMs = 5_000;

/** The body at `url`, by a connection of its own. */
export function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: answerTimeoutMs }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.once("error", reject);
      response.once("end", () => resolve(text));
    });
    request.once("timeout", () => request.destroy(new Error(`${url} gave no answer within ${answerTimeoutMs} ms`)));
    request.once("error", reject);
  });
}

/** The same, tried again until there is an answer: a connection made in the instant of a cut may be lost with it. */
export async function fetchUntilAnswered(url: string, timeoutMs: number, signal: AbortSignal): Promise<string> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await fetchText(url);
    } catch (error) {
      if (signal.aborted || performance.now() > deadlineMs) throw error;
      await delay(pollMs);
    }
  }
}

/** A port on 127.0.0.1 that nobody listens on. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
