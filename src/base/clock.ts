/** Time comes in by the door. `nowMs` is the wall (for people), `monotonicMs` never jumps back (for lengths). */
export interface Clock {
  nowMs(): number;
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

export function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
