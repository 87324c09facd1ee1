import { onAbort } from "../../base/abort.js";
import type { ExecResult } from "../session.js";
import { ExecChannel } from "./exec-channel.js";
import { MuxClient } from "./mux-client.js";
import { askProxy } from "./mux-messages.js";

/**
 * Commands on the server through the ssh that stands, spoken over its control socket (PROTOCOL.mux, MUX_C_PROXY): no program is
 * started that could log in anew, ask somebody, or read the user's configuration, and how a command ended is heard exactly.
 */
export class ExecChannels {
  readonly #path: string;
  readonly #gone: () => Error;
  readonly #open = new Map<number, ExecChannel>();
  #connecting: Promise<MuxClient> | undefined;
  #nextId = 0;
  /** Commands that somebody waits for. */
  size = 0;
  receivedBytes = 0;
  sentBytes = 0;

  constructor(controlPath: string, gone: () => Error) {
    this.#path = controlPath;
    this.#gone = gone;
  }

  /** Rejects with `exec-refused`, `exec-failed`, what `gone` says, or when `signal` aborts. */
  async run(command: string, input: string, signal: AbortSignal): Promise<ExecResult> {
    const mux = await this.#connect();
    signal.throwIfAborted();
    const id = this.#nextId++;
    const send = (frame: Buffer) => {
      this.sentBytes += frame.length;
      mux.send(frame);
    };
    const channel = new ExecChannel({ id, command, input, send });
    this.#open.set(id, channel);
    const forget = onAbort(signal, () => channel.giveUp(signal.reason));
    this.size += 1;
    return channel.result.finally(() => {
      this.size -= 1;
      forget();
    });
  }

  /** The session is over, and its control socket with it. */
  end(): void {
    for (const channel of this.#open.values()) channel.giveUp(this.#gone());
    this.#open.clear();
  }

  /** One connection for all: ssh ends (9.2: "no remote_id") when a client leaves whose channel was not opened. */
  #connect(): Promise<MuxClient> {
    this.#connecting ??= (async () => {
      try {
        const mux = await MuxClient.connect(this.#path);
        await mux.ask(askProxy);
        mux.takeOver((frame) => this.#hear(frame));
        return mux;
      } catch {
        this.#connecting = undefined;
        throw this.#gone();
      }
    })();
    return this.#connecting;
  }

  /** A frame is the length of its padding, which is none, the message's number, our number of the channel, and the rest. */
  #hear(frame: Buffer): void {
    this.receivedBytes += frame.length;
    const id = frame.readUInt32BE(2);
    if (this.#open.get(id)?.hear(frame.readUInt8(1), frame.subarray(6))) this.#open.delete(id);
  }
}
