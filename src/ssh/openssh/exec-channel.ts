import { foreign } from "../../base/text.js";
import { answerMaxBytes, ExecAnswer, execRefused } from "../exec-answer.js";
import type { ExecResult } from "../session.js";
import { string, u8, u32, WireReader } from "../wire.js";
import { message, packet } from "./packets.js";

const packetMaxBytes = 32 * 1024;
/** Room for the longest answer, so that the server never has to be granted more. */
const windowBytes = 2 * answerMaxBytes + packetMaxBytes;
/** SSH_EXTENDED_DATA_STDERR. */
const stderrCode = 1;

interface ExecFacts {
  /** Our number of the channel. */
  readonly id: number;
  readonly command: string;
  readonly input: string;
  send(packet: Buffer): void;
}

/** One command on the server: a session channel (RFC 4254, 6) from its opening to its close. */
export class ExecChannel {
  readonly result: Promise<ExecResult>;
  readonly #facts: ExecFacts;
  readonly #answer = new ExecAnswer();
  #rest: Buffer;
  /** The server's number of the channel, while it is open. */
  #there: number | undefined;
  /** Whether the command runs, and has not been told all of its input. */
  #isReading = false;
  #windowBytes = 0;
  #packetMaxBytes = 0;
  #isUnwanted = false;
  #resolve: (result: ExecResult) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(facts: ExecFacts) {
    this.#facts = facts;
    this.#rest = Buffer.from(facts.input);
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#facts.send(packet(message.open, string("session"), u32(facts.id), u32(windowBytes), u32(packetMaxBytes)));
  }

  /** What the server says about this channel, without the channel's number. True when that was its last word. */
  hear(type: number, body: Buffer): boolean {
    const reader = new WireReader(body);
    switch (type) {
      case message.openConfirmation:
        this.#opened(reader.u32() ?? 0, reader.u32() ?? 0, reader.u32() ?? 0);
        return false;
      case message.openFailure:
        reader.u32();
        this.#reject(execRefused(foreign(`${reader.string() ?? ""}`) || "no reason given"));
        return true;
      case message.success:
        this.#isReading = true;
        this.#write();
        return false;
      case message.failure:
        this.giveUp(execRefused("it does not start it"));
        return false;
      case message.windowAdjust:
        this.#windowBytes += reader.u32() ?? 0;
        this.#write();
        return false;
      case message.data:
        this.#take("stdout", reader.string());
        return false;
      case message.extendedData:
        if (reader.u32() === stderrCode) this.#take("stderr", reader.string());
        return false;
      case message.request:
        this.#asked(reader);
        return false;
      case message.close:
        this.#close();
        this.#resolve(this.#answer.result());
        return true;
      default:
        return false;
    }
  }

  /** Nobody waits for it any more. The command hears of it when it next reads or writes. */
  giveUp(error: unknown): void {
    this.#reject(error);
    this.#isUnwanted = true;
    this.#close();
  }

  #opened(there: number, window: number, packetMax: number): void {
    this.#there = there;
    this.#windowBytes = window;
    this.#packetMaxBytes = packetMax;
    if (this.#isUnwanted) this.#close();
    else this.#say(message.request, string("exec"), u8(1), string(this.#facts.command));
  }

  /** As much of the input as the server has room for; after the last of it, its end. */
  #write(): void {
    if (!this.#isReading) return;
    while (this.#rest.length > 0) {
      const chunk = this.#rest.subarray(0, Math.min(this.#windowBytes, this.#packetMaxBytes));
      if (chunk.length === 0) return;
      this.#rest = this.#rest.subarray(chunk.length);
      this.#windowBytes -= chunk.length;
      this.#say(message.data, string(chunk));
    }
    this.#isReading = false;
    this.#say(message.eof);
  }

  #take(stream: "stdout" | "stderr", chunk: Buffer | undefined): void {
    try {
      if (chunk !== undefined) this.#answer.add(stream, chunk);
    } catch (error) {
      this.giveUp(error);
    }
  }

  /** How it ended, or a question whether we live. */
  #asked(reader: WireReader): void {
    const what = reader.string()?.toString();
    const wantsReply = reader.u8() === 1;
    if (what === "exit-status") this.#answer.exit(reader.u32() ?? null);
    if (wantsReply) this.#say(message.failure);
  }

  #close(): void {
    this.#say(message.close);
    this.#there = undefined;
  }

  #say(type: number, ...body: Buffer[]): void {
    if (this.#there !== undefined) this.#facts.send(packet(type, u32(this.#there), ...body));
  }
}
