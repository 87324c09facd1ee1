/**
 * Three clocks, read together. `bootMs` is time since boot; on Linux it goes on while the machine sleeps and `monotonicMs`
 * stands still, on macOS and Windows both go on (measured: os.uptime and performance.now).
 */
export interface ClockReading {
  readonly wallMs: number;
  readonly monotonicMs: number;
  readonly bootMs: number;
}

/** `suspend`: the machine slept. `stall`: this process did not run (asleep, stopped, frozen or blocked). `clock-step`: only the wall clock moved. */
export interface Gap {
  readonly kind: "suspend" | "stall" | "clock-step";
  readonly lengthMs: number;
}

/** Shorter gaps are a busy machine, and the keepalive finds out soon enough. */
const leastGapMs = 10_000;
/** NTP slews less than this at once; a step is told, and is no sleep. */
const leastStepMs = 5_000;

/** What happened between two readings that were meant to be `expectedMs` apart. Pure. */
export function findGap(before: ClockReading, now: ClockReading, expectedMs: number): Gap | undefined {
  const monotonicMs = now.monotonicMs - before.monotonicMs;
  const bootMs = now.bootMs - before.bootMs;
  const wallMs = now.wallMs - before.wallMs;
  if (bootMs - monotonicMs >= leastGapMs) return { kind: "suspend", lengthMs: bootMs - monotonicMs };
  if (monotonicMs - expectedMs >= leastGapMs) return { kind: "stall", lengthMs: monotonicMs - expectedMs };
  const stepMs = wallMs - Math.max(bootMs, monotonicMs);
  return Math.abs(stepMs) >= leastStepMs ? { kind: "clock-step", lengthMs: stepMs } : undefined;
}
