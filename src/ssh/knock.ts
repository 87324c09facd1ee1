import { connect } from "node:net";
import { onAbort, sleep } from "../base/abort.js";
import { type Address, formatAddress } from "../base/address.js";
import type { Failure } from "../base/failure.js";
import type { FailureCode } from "../base/failure-catalogue.js";

/** Slower than what a server's penalties count: OpenSSH 9.8 and newer take note of connections that do not log in. */
const knockEveryMs = 2_000;
/** Many tunnels to one server do not knock in the same instant, nor log in. */
const knockJitterMs = 500;
const newsJitterMs = 300;
const patienceMs = 2_000;

/** Failures that say that nobody is there. After any other the server was there, and knocking would only go round the backoff. */
const awayCodes: ReadonlySet<FailureCode> = new Set(["connection-refused", "connect-timeout", "host-unreachable", "host-unresolved"]);

/** Waits for servers that were away. What one tunnel finds out is told to all that wait for the same server. */
export class Knocker {
  readonly #chance: () => number;
  readonly #waiting = new Map<string, Set<() => void>>();

  /** `chance` is uniform in [0, 1). */
  constructor(chance: () => number) {
    this.#chance = chance;
  }

  /**
   * Tries TCP connects to the SSH port, without a handshake, until one is accepted. False when `signal` aborts first, or when the
   * failure does not say that the server is away.
   */
  async untilServerListens(target: Address, failure: Failure, signal: AbortSignal): Promise<boolean> {
    if (!awayCodes.has(failure.code)) return false;
    const news = new AbortController();
    const forget = onAbort(signal, () => news.abort());
    const leave = this.#join(target, () => news.abort());
    let isFound = false;
    while (!isFound && (await sleep(knockEveryMs + this.#jitter(knockJitterMs), news.signal))) isFound = await knock(target, news.signal);
    leave();
    forget();
    if (signal.aborted) return false;
    if (isFound) this.#tell(target);
    // Who only heard of it comes a little later: all log-ins at once are what sshd's MaxStartups turns away.
    else await sleep(this.#jitter(newsJitterMs), signal);
    return !signal.aborted;
  }

  /** One TCP connect, without a handshake. */
  isListening(target: Address, signal: AbortSignal): Promise<boolean> {
    return knock(target, signal);
  }

  #join(target: Address, hear: () => void): () => void {
    const place = formatAddress(target);
    const others = this.#waiting.get(place) ?? new Set();
    this.#waiting.set(place, others.add(hear));
    return () => {
      others.delete(hear);
      if (others.size === 0) this.#waiting.delete(place);
    };
  }

  #tell(target: Address): void {
    for (const hear of this.#waiting.get(formatAddress(target)) ?? []) hear();
  }

  #jitter(maxMs: number): number {
    return Math.floor(this.#chance() * maxMs);
  }
}

function knock({ host, port }: Address, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: patienceMs });
    const finish = (isOpen: boolean) => {
      forget();
      socket.destroy();
      resolve(isOpen);
    };
    const forget = onAbort(signal, () => socket.destroy());
    socket.once("connect", () => finish(true));
    socket.once("timeout", () => finish(false));
    socket.on("error", () => finish(false));
    socket.once("close", () => finish(false));
  });
}
