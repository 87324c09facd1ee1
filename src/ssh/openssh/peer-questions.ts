import { onAbort } from "../../base/abort.js";
import { Failure } from "../../base/failure.js";
import { string, u8, u32 } from "../wire.js";
import { MuxClient } from "./mux-client.js";
import { askProxy } from "./mux-messages.js";
import { message, packet } from "./packets.js";

/** Big enough for nothing: a channel on which nothing is ever sent. */
const windowBytes = 64 * 1024;
const packetMaxBytes = 32 * 1024;

/** One question. The answer to the opening of the channel, whatever it is, answers the first. */
interface Question {
  startedMs: number;
  settle(rttMs: number | undefined): void;
}

/**
 * Questions that only the server can answer, and that it does not write into its log. A client of the control socket may speak the
 * connection protocol itself (PROTOCOL.mux, MUX_C_PROXY): over it one session channel is opened, in which nothing is ever started,
 * and a request on it that no server knows is answered with a failure (RFC 4254, 5.4). ServerAlive would ask as well, but tells
 * nobody when an answer came. A server that permits no session has answered by saying so, once.
 */
export class PeerQuestions {
  readonly #path: string;
  readonly #onHeard: () => void;
  #connecting: Promise<void> | undefined;
  #mux: MuxClient | undefined;
  #remoteChannel: number | undefined;
  #first: Question | undefined;
  #unsent: Question[] = [];
  #asked: Question[] = [];
  readonly #ends = new Set<(failure: Failure) => void>();
  #isRefused = false;
  receivedBytes = 0;
  sentBytes = 0;

  constructor(controlPath: string, onHeard: () => void) {
    this.#path = controlPath;
    this.#onHeard = onHeard;
  }

  /** The round trip in ms; undefined when the server permits no such questions. Rejects when `signal` aborts, or with what `end` says. */
  ask(signal: AbortSignal): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        forget();
        this.#ends.delete(end);
      };
      const end = (failure: Error) => {
        leave();
        reject(failure);
      };
      const settle = (rttMs: number | undefined) => {
        leave();
        resolve(rttMs);
      };
      this.#ends.add(end);
      const forget = onAbort(signal, () => {
        this.#ends.delete(end);
        reject(signal.reason);
      });
      const question: Question = { startedMs: 0, settle };
      this.#connect().then(
        () => this.#send(question),
        () => end(new Failure("session-gone", "ssh takes no questions any more")),
      );
    });
  }

  /** Makes ready to ask, so that `nudge` can be heard. */
  begin(): void {
    this.#connect().catch(() => {});
  }

  /**
   * Sends something that means nothing and wants no answer, and that does not count as traffic: nobody is served by it. It needs
   * no channel, as the answer that one is open may be what is waited for.
   */
  nudge(): void {
    this.#mux?.send(packet(message.ignore, string("")));
  }

  /** The session is over. Its control socket goes with it. */
  end(failure: Failure): void {
    for (const end of [...this.#ends]) end(failure);
  }

  #connect(): Promise<void> {
    this.#connecting ??= (async () => {
      const mux = await MuxClient.connect(this.#path);
      await mux.ask(askProxy);
      mux.takeOver((frame) => this.#hear(frame));
      this.#mux = mux;
    })();
    return this.#connecting;
  }

  #send(question: Question): void {
    question.startedMs = performance.now();
    if (this.#isRefused) {
      question.settle(undefined);
    } else if (this.#remoteChannel !== undefined) {
      this.#asked.push(question);
      this.#request(this.#remoteChannel);
    } else if (this.#first !== undefined) {
      this.#unsent.push(question);
    } else {
      this.#first = question;
      this.#packet(message.open, string("session"), u32(0), u32(windowBytes), u32(packetMaxBytes));
    }
  }

  /** A frame is the length of its padding, which is none, the message's number and its body; our channel's number is always 0. */
  #hear(frame: Buffer): void {
    this.receivedBytes += frame.length;
    this.#onHeard();
    const type = frame[1];
    if (type === message.openConfirmation) {
      this.#remoteChannel = frame.readUInt32BE(6);
      this.#opened();
    } else if (type === message.openFailure) {
      // The connection has to stay: ssh ends with "no remote_id" when a client leaves whose channel was not opened (9.2).
      this.#isRefused = true;
      this.#opened();
    } else if (type === message.success || type === message.failure) {
      answer(this.#asked.shift());
    } else if (type === message.close) {
      // A server may close what is idle. That is an answer too; the next question opens another channel.
      if (this.#remoteChannel !== undefined) this.#packet(message.close, u32(this.#remoteChannel));
      this.#remoteChannel = undefined;
      for (const question of this.#asked.splice(0)) answer(question);
    }
  }

  #opened(): void {
    const first = this.#first;
    this.#first = undefined;
    answer(first);
    for (const question of this.#unsent.splice(0)) this.#send(question);
  }

  #request(channel: number): void {
    this.#packet(message.request, u32(channel), string("keepalive@openssh.com"), u8(1));
  }

  #packet(type: number, ...body: Buffer[]): void {
    const frame = packet(type, ...body);
    this.sentBytes += frame.length;
    this.#mux?.send(frame);
  }
}

function answer(question: Question | undefined): void {
  question?.settle(performance.now() - question.startedMs);
}
