import { onAbort } from "../../base/abort.js";
import { type Address, formatAddress } from "../../base/address.js";
import { asFailure, Failure } from "../../base/failure.js";
import type { SshSession, UnknownHostKey } from "../../ssh/session.js";
import { NoTargetLetIn, type Trial } from "./no-target.js";
import { isOutOfReach, type Knock } from "./patience.js";

/** The targets of a tunnel, each by its place in the config. */
export interface Ways {
  readonly connect: (index: number, signal: AbortSignal, onUnknownHostKey: (key: UnknownHostKey) => void) => Promise<SshSession>;
  /** Null where no TCP connect tells anything. */
  readonly firstHop: (index: number, signal: AbortSignal) => Promise<Address | null>;
  readonly knock: Knock;
  /** Why a target is not asked now, when it is not. */
  readonly restOf: (index: number, signal: AbortSignal) => Promise<Failure | undefined>;
}

/**
 * Logs in at one target after the other, never at two at once, until one lets us in: whatever is at the address of one, a machine
 * of somebody else's even, keeps nobody from the next. Rejects with NoTargetLetIn, or with the failure where only one was to be tried.
 */
export async function tryInTurn(order: readonly number[], ways: Ways, signal: AbortSignal): Promise<SshSession> {
  const trials: Trial[] = [];
  for (const [position, index] of order.entries()) {
    let unknownHostKey: UnknownHostKey | undefined;
    const show = (key: UnknownHostKey) => {
      unknownHostKey = key;
    };
    try {
      return await tryOne(index, order.slice(position + 1), ways, signal, show);
    } catch (error) {
      const failure = asFailure(error);
      if (signal.aborted || failure.code === "internal") throw error;
      trials.push({ index, firstHop: await ways.firstHop(index, signal), failure, unknownHostKey });
    }
  }
  const [only, ...others] = trials;
  throw only !== undefined && others.length === 0 ? only.failure : new NoTargetLetIn(trials);
}

/** The last one has all the time that a log-in has; any other only as long as its server may still be on its way to answer. */
async function tryOne(
  index: number,
  later: readonly number[],
  ways: Ways,
  signal: AbortSignal,
  onUnknownHostKey: (key: UnknownHostKey) => void,
): Promise<SshSession> {
  const rest = await ways.restOf(index, signal);
  if (rest !== undefined) throw rest;
  if (later.length === 0) return ways.connect(index, signal, onUnknownHostKey);
  const logIn = new AbortController();
  const doubt = new AbortController();
  const forget = onAbort(signal, () => logIn.abort(signal.reason));
  const opened = ways.connect(index, logIn.signal, onUnknownHostKey);
  try {
    return await Promise.race([opened, lossOfPatience(index, later, ways, doubt.signal)]);
  } catch (error) {
    logIn.abort(error);
    // One that was given up and is let in all the same is nobody's.
    opened.then(
      (session) => session.close(),
      () => {},
    );
    throw error;
  } finally {
    forget();
    doubt.abort();
  }
}

/** Rejects when a target is out of reach; never resolves. */
async function lossOfPatience(index: number, later: readonly number[], ways: Ways, signal: AbortSignal): Promise<never> {
  const address = await ways.firstHop(index, signal);
  const laterHops = () => Promise.all(later.map((other) => ways.firstHop(other, signal)));
  if (address !== null && !signal.aborted && (await isOutOfReach(address, laterHops, ways.knock, signal)))
    throw new Failure("connect-timeout", `${formatAddress(address)}: no answer to the connection while another target was left to try`);
  return new Promise(() => {});
}
