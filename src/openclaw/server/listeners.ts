import { Failure } from "../../base/failure.js";
import { showCommand } from "../../forward/port-owner/port-owner.js";
import type { RemoteHost } from "../../ssh/session.js";
import { type ListenerLine, readLsofLine, readNetstatLine, readProcLine, readSsLine } from "./listener-lines.js";
import { readProcesses, shellProcess } from "./processes.js";
import { linesBehind, runScript } from "./run-script.js";

/** A TCP socket that listens on the server. */
export interface ServerListener {
  /** As the kernel has it: `0.0.0.0`, `::` and `*` are every address. */
  readonly host: string;
  readonly port: number;
  /** Null where the account may not see whose it is. */
  readonly pid: number | null;
  /** Without secrets, and not longer than a line. */
  readonly command: string | null;
  readonly user: string | null;
  /** The line that it was read from. */
  readonly evidence: string;
}

export interface ServerListeners {
  /** What told: the kernel's tables know no process for another user's socket. */
  readonly by: "ss" | "proc" | "netstat" | "lsof";
  readonly listeners: readonly ServerListener[];
}

const readers = { ss: readSsLine, proc: readProcLine, netstat: readNetstatLine, lsof: readLsofLine } as const;

/**
 * Everything that listens on one of `ports` on the server, by the first of ss, /proc/net/tcp, netstat and lsof that can tell. One
 * command. Rejects with `exec-refused`, or `exec-failed` when none of them can.
 */
export async function lookAtListeners(host: RemoteHost, ports: readonly number[], signal: AbortSignal): Promise<ServerListeners> {
  return readListeners(await runScript(host, listenersScript(ports), signal), ports);
}

/** Pure. What it prints, one letter before each line: `t` the tool, `|` its lines, `o` lsof's, `i` inode and pid, `p` processes. */
function listenersScript(ports: readonly number[]): string {
  const decimal = `[.:](${ports.join("|")})[[:space:]]`;
  const hex = ports.map((port) => port.toString(16).toUpperCase().padStart(4, "0"));
  return `
${shellProcess}
only() { printf '%s\\n' "$text" | grep -E "$1"; }
owners= lines= pids=
if text=$(ss -ltnp 2>/dev/null) && [ -n "$text" ]; then
  echo 't ss'
  lines=$(only '^LISTEN' | grep -E '${decimal}')
  pids=$(printf '%s\\n' "$lines" | tr ',' '\\n' | sed -n 's/^\\(pid=\\)\\{0,1\\}\\([0-9][0-9]*\\)$/\\2/p')
elif text=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null); [ -n "$text" ]; then
  echo 't proc'
  lines=$(only '^ *[0-9]+: [0-9A-F]+:(${hex.join("|")}) [0-9A-F]+:0000 0A ')
  inodes=$(printf '%s\\n' "$lines" | awk '{ printf " %s", $10 }')
  owners=$(ls -l /proc/[0-9]*/fd 2>/dev/null | awk -v wanted="$inodes " '
    /^\\/proc\\// { split($0, part, "/"); pid = part[3] }
    match($0, /socket:\\[[0-9]+\\]/) {
      inode = substr($0, RSTART + 8, RLENGTH - 9)
      if (index(wanted, " " inode " ")) print "i " inode " " pid
    }')
  pids=$(printf '%s\\n' "$owners" | awk '{ print $3 }')
elif text=$(netstat -ltnpW 2>/dev/null || netstat -ltnp 2>/dev/null || netstat -anW 2>/dev/null || netstat -an 2>/dev/null) && [ -n "$text" ]; then
  echo 't netstat'
  lines=$(only LISTEN | grep -E '${decimal}')
  pids=$(printf '%s\\n' "$lines" | sed -n 's,.*[[:space:]]\\([0-9][0-9]*\\)/.*,\\1,p')
  text=$(lsof -nP -iTCP -sTCP:LISTEN 2>/dev/null)
  owners=$(only '${decimal}' | sed 's/^/o /')
elif text=$(lsof -nP -iTCP -sTCP:LISTEN 2>/dev/null); [ -n "$text" ] || command -v lsof >/dev/null; then
  echo 't lsof'
  lines=$(only '${decimal}')
fi
[ -n "$pids" ] || pids=$(printf '%s\\n%s\\n' "$owners" "$lines" | sed -n 's/^\\(o \\)\\{0,1\\}[^ ]* *\\([0-9][0-9]*\\) .*(LISTEN)$/\\2/p')
[ -z "$lines" ] || printf '%s\\n' "$lines" | sed 's/^/| /'
[ -z "$owners" ] || printf '%s\\n' "$owners"
for pid in $(printf '%s\\n' "$pids" | sort -un | head -n 20); do process "$pid"; done`;
}

/** Throws `exec-failed` when nothing could tell. Pure. */
export function readListeners(text: string, ports: readonly number[]): ServerListeners {
  const of = (letter: string) => linesBehind(`${letter} `, text);
  const by = of("t")[0];
  if (!isTool(by)) throw new Failure("exec-failed", "the server has no ss, /proc/net/tcp, netstat or lsof that tells what listens there");
  const inodes = new Map(of("i").map((line) => line.split(" ", 2) as [string, string]));
  const seenByLsof = of("o").flatMap((line) => readLsofLine(line) ?? []);
  const processes = new Map(readProcesses(of("p")).map((process) => [process.pid, process]));
  const complete = (line: ListenerLine): ServerListener => {
    const { host, port, evidence } = line;
    const owner = line.pid === null ? seenByLsof.find((other) => isSameSocket(other, line)) : undefined;
    const pid = line.pid ?? owner?.pid ?? pidFrom(inodes.get(line.inode ?? ""));
    const process = pid === null ? undefined : processes.get(pid);
    const command = process === undefined ? (line.command ?? owner?.command ?? null) : showCommand([...process.argv]);
    return { host, port, pid, command, user: process?.user ?? line.user ?? owner?.user ?? null, evidence };
  };
  const found = of("|").flatMap((line) => readers[by](line) ?? []);
  return { by, listeners: found.filter(({ port }) => ports.includes(port)).map(complete) };
}

function isSameSocket(one: ListenerLine, other: ListenerLine): boolean {
  return one.port === other.port && one.host === other.host;
}

function pidFrom(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

function isTool(word: string | undefined): word is keyof typeof readers {
  return word !== undefined && word in readers;
}
