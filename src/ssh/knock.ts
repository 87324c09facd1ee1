import { connect } from "node:net";
import { onAbort, sleep } from "../base/abort.js";
import type { Failure } from "../base/failure.js";
import type { FailureCode } from "../base/failure-catalogue.js";
import type { Target } from "../config/target.js";

/** Slower than what a server's penalties count: OpenSSH 9.8 and newer take note of connections that do not log in. */
const knockEveryMs = 2_000;
/** Many tunnels to one server do not knock in the same instant. */
const jitterMs = 500;
const patienceMs = 2_000;

/** Failures that say that nobody is there. After any other the server was there, and knocking would only go round the backoff. */
const awayCodes: ReadonlySet<FailureCode> = new Set(["connection-refused", "connect-timeout", "host-unreachable", "host-unresolved"]);

/**
 * Waits for a server that was away, by TCP connects to its SSH port without a handshake, until one is accepted. False when
 * `signal` aborts first, or when the failure does not say that the server is away.
 */
export async function untilServerListens(target: Target, failure: Failure, chance: () => number, signal: AbortSignal): Promise<boolean> {
  if (!awayCodes.has(failure.code)) return false;
  while (await sleep(knockEveryMs + Math.floor(chance() * jitterMs), signal)) {
    if (await knock(target, signal)) return !signal.aborted;
  }
  return false;
}

function knock({ host, port }: Target, signal: AbortSignal): Promise<boolean> {
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
