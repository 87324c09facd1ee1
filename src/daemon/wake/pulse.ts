import { readFile } from "node:fs/promises";
import { networkInterfaces, uptime } from "node:os";
import { describeNetwork } from "./network.js";
import { type ClockReading, findGap, type Gap } from "./wake.js";

const everyMs = 2_000;

export interface PulseWatcher {
  /** The machine or this process was away: what was true before need not be true now. */
  onGap(gap: Gap): void;
  /** Addresses or default routes are not what they were, and have been so for a whole beat. */
  onNetworkChange(): void;
}

/** Looks at the clocks and the network every two seconds: cheap, portable, and late by one beat at most. Returns the way to stop it. */
export function startPulse(watcher: PulseWatcher): () => void {
  let clocks = readClocks();
  let settled: string | undefined;
  let latest: string | undefined;
  const beat = async () => {
    const now = readClocks();
    const gap = findGap(clocks, now, everyMs);
    clocks = now;
    if (gap !== undefined) watcher.onGap(gap);
    const network = describeNetwork(networkInterfaces(), await readRoutes());
    const isStable = network === latest;
    latest = network;
    if (!isStable || network === settled) return;
    const isFirst = settled === undefined;
    settled = network;
    if (!isFirst) watcher.onNetworkChange();
  };
  const timer = setInterval(() => void beat(), everyMs);
  return () => clearInterval(timer);
}

function readClocks(): ClockReading {
  return { wallMs: Date.now(), monotonicMs: performance.now(), bootMs: uptime() * 1000 };
}

/** Elsewhere than on Linux a change of route without a change of address goes unseen until the keepalive. */
async function readRoutes(): Promise<string> {
  return process.platform === "linux" ? readFile("/proc/net/route", "utf8").catch(() => "") : "";
}
