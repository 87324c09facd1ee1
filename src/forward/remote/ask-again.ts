const eagerMs = 2_000;
/** A server that noticed the loss of our old session gives its port back within a minute, as most are set up. */
const eagerTries = 30;
const patientMaxMs = 30_000;

/** How long after so many refusals in a row a server is asked again to listen. */
export function askAgainDelayMs(refusals: number): number {
  return refusals <= eagerTries ? eagerMs : Math.min(eagerMs * 2 ** Math.min(refusals - eagerTries, 10), patientMaxMs);
}
