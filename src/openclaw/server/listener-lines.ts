import { foreign } from "../../base/text.js";
import { parseProcNetTcp } from "../../forward/port-owner/port-owner-linux.js";

/** A listening socket as one line of a table has it. */
export interface ListenerLine {
  readonly host: string;
  readonly port: number;
  readonly pid: number | null;
  readonly command: string | null;
  readonly user: string | null;
  /** Names the socket in the kernel's own table, which names no process. */
  readonly inode: string | null;
  readonly evidence: string;
}

type Found = Pick<ListenerLine, "host" | "port"> & Partial<ListenerLine>;

/** A line of `ss -ltnp`, of iproute2 4 and later or the form before. Undefined for the heading and whatever is no listener. Pure. */
export function readSsLine(line: string): ListenerLine | undefined {
  const columns = line.trim().split(/\s+/);
  const local = columns[0] === "LISTEN" ? splitAtLast(columns[3], ":") : undefined;
  const [, command, pid] = /users:\(\("([^"]*)",(?:pid=)?(\d+),/.exec(line) ?? [];
  return local && listener(line, { ...local, ...(pid !== undefined && command !== undefined && { pid: Number(pid), command }) });
}

/** A line of `netstat -ltnp` on Linux (net-tools or busybox), or of `netstat -an` on macOS and the BSDs. Pure. */
export function readNetstatLine(line: string): ListenerLine | undefined {
  const columns = line.trim().split(/\s+/);
  if (!/^tcp\d*$/.test(columns[0] ?? "") || columns[5] !== "LISTEN") return undefined;
  const isBsd = columns[4] === "*.*";
  const local = splitAtLast(columns[3], isBsd ? "." : ":");
  const [, pid, command] = isBsd ? [] : (/^(\d+)\/(.*)$/.exec(columns.slice(6).join(" ")) ?? []);
  return local && listener(line, { ...local, ...(pid !== undefined && command !== undefined && { pid: Number(pid), command }) });
}

/** A line of `lsof -nP -iTCP -sTCP:LISTEN`. Pure. */
export function readLsofLine(line: string): ListenerLine | undefined {
  const [, command, pid, user, local] = /^(\S+)\s+(\d+)\s+(\S+)\s.*\sTCP\s+(\S+)\s+\(LISTEN\)$/.exec(line.trim()) ?? [];
  const address = splitAtLast(local, ":");
  return address && listener(line, { ...address, pid: Number(pid), command: command ?? null, user: user ?? null });
}

/** A line of /proc/net/tcp or tcp6. Pure. */
export function readProcLine(line: string): ListenerLine | undefined {
  const [found] = parseProcNetTcp(line);
  if (found === undefined) return undefined;
  const { address, port, inode } = found;
  const shown = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  return listener(`${line.trim().split(/\s+/).slice(0, 4).join(" ")} (${shown})`, { host: address, port, inode });
}

function listener(line: string, found: Found): ListenerLine {
  const evidence = foreign(line.replaceAll(/\s+/g, " "));
  return { pid: null, command: null, user: null, inode: null, ...found, evidence };
}

/** `[::1]:18789`, `:::18789` as older tools have it, `*.18789`: what stands before the last separator is the address. */
function splitAtLast(text: string | undefined, separator: string): { host: string; port: number } | undefined {
  const at = text?.lastIndexOf(separator) ?? -1;
  if (text === undefined || at < 1 || !/^\d+$/.test(text.slice(at + 1))) return undefined;
  return { host: text.slice(0, at).replaceAll(/[[\]]/g, ""), port: Number(text.slice(at + 1)) };
}
