import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

export interface OpenFiles {
  readonly sockets: number;
  readonly total: number;
}

export const hasProc = existsSync("/proc/self/fd");

/** What a process has open now. */
export function openFiles(pid: number): OpenFiles {
  const targets = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
  return { sockets: targets.filter((target) => target.startsWith("socket:")).length, total: targets.length };
}

const looksInARow = 10;
const lookEveryMs = 50;

/** What a process has open once that does not change any more. */
export async function settledFiles(pid: number): Promise<OpenFiles> {
  let last = openFiles(pid);
  for (let same = 0; same < looksInARow; ) {
    await delay(lookEveryMs);
    const now = openFiles(pid);
    same = now.sockets === last.sockets && now.total === last.total ? same + 1 : 0;
    last = now;
  }
  return last;
}

/** Resident memory in MiB. */
export function residentMiB(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Math.round(Number(match?.[1] ?? Number.NaN) / 102.4) / 10;
}

/** Bytes in the kernel on their way to a port of 127.0.0.1: not acknowledged yet at the sender, and not read yet at the receiver. */
export function kernelQueueTo(port: number): { readonly sendBytes: number; readonly receiveBytes: number } {
  const rows = readFileSync("/proc/net/tcp", "utf8").trim().split("\n").slice(1);
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  const queues = rows.map((row) => row.trim().split(/\s+/)).map(([, local = "", remote = "", , queue = ""]) => ({ local, remote, queue }));
  const sum = (side: "local" | "remote", part: 0 | 1) =>
    queues
      .filter((row) => row[side].endsWith(`:${hexPort}`))
      .reduce((total, { queue }) => total + Number.parseInt(queue.split(":")[part] ?? "0", 16), 0);
  return { sendBytes: sum("remote", 0), receiveBytes: sum("local", 1) };
}
