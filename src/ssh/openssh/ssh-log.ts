import type { Failure } from "../../base/failure.js";
import { type ChannelEvent, readChannelEvent } from "./channel-events.js";
import { failureFromSsh, type SshPlace } from "./failures.js";
import { LineReader, type LogLine, readLogLine } from "./log-lines.js";

/** A cause that has so much before it is not found. */
const linesMax = 200;

/** Everything that one ssh writes: news of its channels, and lines of which one may say why it ended. */
export class SshLog {
  readonly #reader = new LineReader();
  readonly #onLine: (line: LogLine) => void;
  readonly #onChannel: (event: ChannelEvent) => void;
  readonly #lines: string[] = [];
  #acceptedKey: string | undefined;
  #stage: SshPlace["stage"] = "log-in";

  constructor(onLine: (line: LogLine) => void, onChannel: (event: ChannelEvent) => void) {
    this.#onLine = onLine;
    this.#onChannel = onChannel;
  }

  feed(text: string): void {
    for (const line of this.#reader.feed(text)) this.#read(line);
  }

  /** The log-in stands: what was said before is not why it will end. */
  begin(): void {
    this.#stage = "session";
    this.#lines.length = 0;
  }

  causeOf(exit: string, where: string, canAsk: boolean): Failure {
    const lines = [...this.#lines, ...[this.#reader.takeRest()].filter((rest) => rest !== "")];
    return failureFromSsh(lines, exit, { where, stage: this.#stage, canAsk, acceptedKey: this.#acceptedKey });
  }

  #read(line: string): void {
    const read = readLogLine(line);
    const { isDebug, text } = read;
    this.#onLine(read);
    const event = this.#stage === "session" ? readChannelEvent(text) : undefined;
    if (event !== undefined) this.#onChannel(event);
    else if (!isDebug && this.#lines.length < linesMax) this.#lines.push(text);
    this.#acceptedKey = /^Server accepts key: (\S+)/.exec(text)?.[1] ?? this.#acceptedKey;
  }
}
