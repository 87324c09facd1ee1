import { sleep } from "../../base/abort.js";
import type { Address } from "../../base/address.js";
import { anyTrue } from "../../base/any-true.js";

/** So long a target is tried alone, and so long again once a later one has answered. RFC 8305 has 250 ms. */
const headStartMs = 250;

/** A TCP connect, without a handshake; false when none is accepted within some seconds. */
export type Knock = (address: Address, signal: AbortSignal) => Promise<boolean>;

/**
 * True when a target that is being tried is not to be waited for: its server accepts no connection, or one of the `later` ones did and
 * it still does not. False when it accepts one: the log-in then takes the time that it takes.
 */
export async function isOutOfReach(
  address: Address,
  later: () => Promise<readonly (Address | null)[]>,
  knock: Knock,
  signal: AbortSignal,
): Promise<boolean> {
  const reached = knock(address, signal);
  // That no later one is there says nothing about this one: only an answer ends the wait early.
  const overtaken = isOvertaken(later, knock, signal).then((isTrue) => (isTrue ? undefined : reached));
  const isThere = await Promise.race([reached, overtaken]);
  if (isThere === true) return false;
  // The log-in itself, where it is refused too, names the failure better.
  const late = sleep(headStartMs, signal).then(() => false);
  return !(await (isThere === undefined ? Promise.race([reached, late]) : late));
}

async function isOvertaken(later: () => Promise<readonly (Address | null)[]>, knock: Knock, signal: AbortSignal): Promise<boolean> {
  if (!(await sleep(headStartMs, signal))) return false;
  return anyTrue((await later()).map(async (address) => address !== null && knock(address, signal)));
}
