import type { Duplex } from "node:stream";
import type { Client } from "ssh2";
import { onAbort } from "../../base/abort.js";
import { type Address, type Endpoint, formatEndpoint, isSocketPath } from "../../base/address.js";
import { Failure } from "../../base/failure.js";
import { AcknowledgementNudge } from "../nudge.js";
import type { ExecOptions, ExecResult, HostSession, RemoteListener, SessionTraffic } from "../session.js";
import { converse } from "./exec.js";
import { failureFromChannel, failureFromExec, failureFromSsh2 } from "./failures.js";
import { type Line, unsentBytesOf } from "./line.js";
import { poolPadding } from "./padding.js";
import { RemoteForwards, whyRefused } from "./remote-forwards.js";

/** How long a goodbye may take before the socket is simply destroyed. */
const goodbyeMs = 500;

/** A forward that was never asked for, so that cancelling it changes nothing. */
const nowhere: Address = { host: "127.0.0.1", port: 1 };

export class Ssh2Session implements HostSession {
  readonly ended: Promise<Failure>;
  readonly #client: Client;
  readonly #line: Line;
  readonly #where: string;
  /** Each with the window that the server gave it at first. */
  readonly #channels = new Map<Duplex, number>();
  readonly #forwards: RemoteForwards;
  #dialling = 0;
  #firstFailure: Failure | undefined;

  constructor(client: Client, line: Line, where: string) {
    this.#client = client;
    this.#line = line;
    this.#where = where;
    client.on("error", (error) => {
      this.#firstFailure ??= failureFromSsh2(error, { where, stage: "session" });
    });
    this.ended = new Promise((resolve) => {
      client.once("close", () => {
        this.#firstFailure ??= new Failure("peer-closed", `${where} ended the session`);
        // Before ssh2 ends them: a stream cut short must not look like one that came to its end.
        for (const channel of this.#channels.keys()) channel.emit("error", this.#firstFailure);
        resolve(this.#firstFailure);
      });
    });
    // A half-closed session carries nothing any more; close it whole, so that `ended` comes at once.
    client.once("end", () => line.destroy());
    this.#forwards = new RemoteForwards(client, (channel) => this.#adopt(channel));
    poolPadding(client);
    const nudge = new AcknowledgementNudge(() => {
      // A global request that wants no reply: the smallest thing ssh2 can be asked to send that means nothing to the server.
      if (line.writable && this.#channels.size + this.#dialling > 0) client.unforwardIn(nowhere.host, nowhere.port);
    });
    line.on("data", (chunk: Buffer) => nudge.onRead(line, chunk.length));
    line.once("close", () => nudge.end());
  }

  async listen(bind: Endpoint, onConnection: (channel: Duplex) => void, signal: AbortSignal): Promise<RemoteListener> {
    if (!this.#isUsable()) throw this.#gone();
    const listener = await this.#forwards.listen(bind, onConnection, signal);
    if (listener !== "refused") return listener;
    if (!this.#isUsable()) throw this.#gone();
    throw await whyRefused(bind, this.#where, (to, deadline) => this.dial(to, deadline), signal);
  }

  dial(to: Endpoint, signal: AbortSignal): Promise<Duplex> {
    const destination = formatEndpoint(to);
    return new Promise((resolve, reject) => {
      if (!this.#isUsable()) return reject(this.#gone());
      const forget = onAbort(signal, () => reject(signal.reason));
      this.#dialling += 1;
      const onAnswer = (error: Error | undefined, channel: Duplex) => {
        this.#dialling -= 1;
        forget();
        if (error) return reject(failureFromChannel(error, destination));
        // A late channel of a dial that nobody waits for any more is closed, not leaked.
        if (signal.aborted) return channel.destroy();
        resolve(this.#adopt(channel));
      };
      if (isSocketPath(to)) this.#client.openssh_forwardOutStreamLocal(to.path, onAnswer);
      else this.#client.forwardOut("127.0.0.1", 0, to.host, to.port, onAnswer);
    });
  }

  /**
   * Asks the server to cancel a forward that was never made (RFC 4254, 7.1). It has to answer, success or failure alike proves
   * the round trip; sshd logs nothing, unlike with a channel to a closed port.
   */
  probe(signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      if (!this.#isUsable()) return reject(this.#gone());
      const forget = onAbort(signal, () => reject(signal.reason));
      const startedMs = performance.now();
      this.#client.unforwardIn(nowhere.host, nowhere.port, () => {
        forget();
        // When the session ends ssh2 calls every open callback; that is no answer of the peer.
        if (this.#firstFailure !== undefined || !this.#isUsable()) return reject(this.#gone());
        resolve(performance.now() - startedMs);
      });
    });
  }

  exec(command: string, { input = "" }: ExecOptions, signal: AbortSignal): Promise<ExecResult> {
    return new Promise((resolve, reject) => {
      if (!this.#isUsable()) return reject(this.#gone());
      const forget = onAbort(signal, () => reject(signal.reason));
      this.#dialling += 1;
      this.#client.exec(command, (error, channel) => {
        this.#dialling -= 1;
        forget();
        if (error) return reject(this.#isUsable() ? failureFromExec(error) : this.#gone());
        this.#adopt(channel);
        if (signal.aborted) return channel.destroy();
        // In this very turn: all that a quick command says, and its end, may stand in the same bytes as the answer that it has begun.
        const heard = converse(channel, input, () => this.#gone(), signal);
        // A server closes the channel only when the command has ended; one that nobody waits for is none of ours.
        heard.finally(() => this.#channels.delete(channel)).then(resolve, reject);
      });
    });
  }

  traffic(): SessionTraffic {
    const { bytesRead, bytesWritten } = this.#line;
    const unsentBytes = unsentBytesOf(this.#line);
    const unconfirmed = [...this.#channels].map(([channel, firstWindow]) => Math.max(0, firstWindow - windowOf(channel)));
    return {
      receivedBytes: bytesRead,
      sentBytes: bytesWritten - unsentBytes,
      unsentBytes,
      unconfirmedBytes: unconfirmed.reduce((total, bytes) => total + bytes, 0),
      openChannels: this.#channels.size + this.#dialling,
    };
  }

  close(): void {
    this.#firstFailure ??= new Failure("session-gone", `the session to ${this.#where} was closed here`);
    this.#client.end();
    // Not waiting for the peer's own goodbye: one that has fallen silent would never say it.
    this.#line.destroySoon();
    const timer = setTimeout(() => this.#line.destroy(), goodbyeMs);
    this.#line.once("close", () => clearTimeout(timer));
  }

  /** Ours from here on: counted, closed with the session, and never a reason for the daemon to end. */
  #adopt(channel: Duplex): Duplex {
    discardOnDestroy(channel);
    this.#channels.set(channel, windowOf(channel));
    channel.once("close", () => this.#channels.delete(channel));
    // Whoever uses the channel listens as well; an error that comes when nobody does must not end the daemon.
    channel.on("error", () => {});
    return channel;
  }

  #isUsable(): boolean {
    return this.#line.writable && !this.#line.destroyed;
  }

  #gone(): Failure {
    return new Failure("session-gone", `the session to ${this.#where} is gone`, { cause: this.#firstFailure });
  }
}

/** ssh2 tells that a channel is closed only when all that came was read, and who destroys one reads no more. */
function discardOnDestroy(channel: Duplex): void {
  const destroy = channel.destroy.bind(channel);
  channel.destroy = () => {
    channel.removeAllListeners("data").resume();
    return destroy();
  };
}

/** How much may still be sent. Not in ssh2's types; its version is pinned. */
function windowOf(channel: Duplex): number {
  return (channel as Duplex & { readonly outgoing: { readonly window: number } }).outgoing.window;
}
