import type { Duplex } from "node:stream";
import { deadlineSignal } from "../../base/abort.js";
import { type Endpoint, formatEndpoint, isLoopback, isSocketPath } from "../../base/address.js";
import { asFailure, Failure } from "../../base/failure.js";
import type { Logger } from "../../base/logger.js";
import type { RemoteForwardSpec } from "../../config/tunnel-spec.js";
import type { RemoteListener, SshSession } from "../../ssh/session.js";
import { bridge } from "../bridge.js";
import { newCounters } from "../counters.js";
import type { Forward } from "../forward.js";
import { dialHere } from "./dial-here.js";
import { Post } from "./post.js";

const dialMaxMs = 10_000;
/** A server can open as many as it likes, and each costs this machine a connection of its own. */
export const connectionsMax = 512;

/**
 * A forward whose accepting end is the server's: it is asked to listen on each session anew, and each connection that comes
 * there gets one of its own to the service here.
 */
export class RemoteForward implements Forward {
  spec: RemoteForwardSpec;
  readonly counters = newCounters();
  readonly #tunnel: string;
  readonly #log: Logger;
  readonly #channels = new Set<Duplex>();
  #post: Post | undefined;
  /** The port that the server chose when it was left to it: asked for first from then on, as people have written it down. */
  #chosenPort: number | undefined;
  #toldFailure = "";

  constructor(spec: RemoteForwardSpec, { tunnel, log }: { readonly tunnel: string; readonly log: Logger }) {
    this.spec = spec;
    this.#tunnel = tunnel;
    this.#log = log;
  }

  get isOpen(): boolean {
    return this.#post?.listener !== undefined;
  }

  get bind(): Endpoint {
    const { bind } = this.spec;
    const expected = isSocketPath(bind) || this.#chosenPort === undefined ? bind : { ...bind, port: this.#chosenPort };
    return this.#post?.listener?.bind ?? expected;
  }

  get warnings(): readonly string[] {
    const { bind } = this;
    if (isSocketPath(bind) || isLoopback(bind.host)) return [];
    return [`${formatEndpoint(bind)} is open to other machines of the server's network, if its GatewayPorts allows it`];
  }

  /** It takes nothing of this machine. */
  async open(): Promise<void> {}

  async openIfFree(): Promise<boolean> {
    return true;
  }

  attach(session: SshSession): Promise<void> {
    const before = this.#post;
    if (before?.session === session) return Promise.resolve();
    // The same server cannot listen there for two sessions.
    const isFree = before?.giveBack() ?? Promise.resolve();
    this.#post = new Post(session, isFree, {
      listen: (to, signal) => this.#listen(to, signal),
      onAnswer: (answer) => this.#noteAnswer(answer),
    });
    return isFree;
  }

  detach(): void {
    this.#post?.abandon();
    this.#post = undefined;
  }

  async listens(): Promise<void> {
    const post = this.#post;
    await post?.answered;
    if (post?.listener !== undefined) return;
    throw post?.failure ?? new Failure("session-gone", "there is no session whose server could listen");
  }

  close(): void {
    void this.#post?.giveBack();
    this.#post = undefined;
    for (const channel of this.#channels) channel.destroy();
  }

  async #listen(session: SshSession, signal: AbortSignal): Promise<RemoteListener> {
    const { bind } = this.spec;
    const serve = (channel: Duplex) => void this.#serve(channel);
    const isFreeChoice = !isSocketPath(bind) && bind.port === 0;
    if (isFreeChoice && this.#chosenPort !== undefined) {
      const again = await session.listen({ ...bind, port: this.#chosenPort }, serve, signal).catch(asFailure);
      if (!(again instanceof Error)) return again;
      if (again.code !== "remote-bind-refused" || signal.aborted) throw again;
    }
    const listener = await session.listen(bind, serve, signal).catch((error: unknown) => {
      throw isSocketPath(bind) ? withSocketHint(asFailure(error)) : error;
    });
    if (isFreeChoice && !isSocketPath(listener.bind)) this.#chosenPort = listener.bind.port;
    return listener;
  }

  #noteAnswer(answer: RemoteListener | Failure): void {
    const told = answer instanceof Error ? answer.message : "";
    const bind = formatEndpoint(answer instanceof Error ? this.spec.bind : answer.bind);
    const fields = { tunnel: this.#tunnel, bind };
    if (!(answer instanceof Error)) this.#log.info({ event: "forward.listening", ...fields }, `the server listens at ${bind}`);
    else if (answer.code === "internal") this.#log.error({ event: "forward.bug", ...fields, err: answer.cause }, told);
    else if (told !== this.#toldFailure && answer.code !== "session-gone")
      this.#log.warn({ event: "forward.not-listening", ...fields, code: answer.code }, told);
    this.#toldFailure = told;
  }

  async #serve(channel: Duplex): Promise<void> {
    channel.on("error", () => {});
    this.counters.total += 1;
    if (this.#channels.size >= connectionsMax) return this.#refuse(channel, `there are ${connectionsMax} connections already`);
    const { signal, end } = deadlineSignal(dialMaxMs);
    this.#channels.add(channel);
    this.counters.open += 1;
    this.counters.waiting += 1;
    let isLeft = false;
    channel.once("close", () => {
      isLeft = true;
      this.#channels.delete(channel);
      this.counters.open -= 1;
    });
    try {
      const service = await dialHere(this.spec.to, signal);
      end();
      this.counters.waiting -= 1;
      if (isLeft) service.destroy();
      else await bridge(service, channel, this.counters);
    } catch (error) {
      end();
      this.counters.waiting -= 1;
      this.#refuse(channel, (signal.aborted ? tooSlow(this.spec.to) : asFailure(error)).message);
    }
  }

  #refuse(channel: Duplex, why: string): void {
    channel.destroy();
    this.counters.refused += 1;
    this.#log.debug({ event: "forward.refused", tunnel: this.#tunnel }, why);
  }
}

/** OpenSSH's sshd leaves the file of a socket behind that it listened on, and then listens there no more unless it may remove it. */
function withSocketHint(failure: Failure): Failure {
  if (failure.code !== "remote-bind-refused") return failure;
  const hint = 'Remove the socket\'s file on the server; with "StreamLocalBindUnlink yes" its sshd does so by itself.';
  return new Failure(failure.code, failure.message, { hint, cause: failure });
}

function tooSlow(to: Endpoint): Failure {
  return new Failure("service-unreachable", `${formatEndpoint(to)} did not answer within ${dialMaxMs} ms`);
}
