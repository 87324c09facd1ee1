import type { ClientChannel } from "ssh2";
import { onAbort } from "../../base/abort.js";
import { ExecAnswer } from "../exec-answer.js";
import type { ExecResult } from "../session.js";

/**
 * Tells a command that has begun its input, and collects what it says until it has ended. One that
 * nobody waits for any more hears of it when it next reads or writes. `gone` is why it is not heard to its end.
 */
export function converse(channel: ClientChannel, input: string, gone: () => Error, signal: AbortSignal): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const answer = new ExecAnswer();
    const giveUp = (error: unknown) => {
      forget();
      reject(error);
      channel.destroy();
    };
    const take = (stream: "stdout" | "stderr") => (chunk: Buffer) => {
      try {
        answer.add(stream, chunk);
      } catch (error) {
        giveUp(error);
      }
    };
    const forget = onAbort(signal, () => giveUp(signal.reason));
    channel.on("data", take("stdout"));
    channel.stderr.on("data", take("stderr"));
    channel.once("exit", (code: number | null) => answer.exit(code));
    channel.once("error", () => giveUp(gone()));
    channel.once("close", () => {
      forget();
      resolve(answer.result());
    });
    channel.end(input);
  });
}
