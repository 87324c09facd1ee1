import { execFile } from "node:child_process";
import { basename, win32 } from "node:path";
import { splitHostPort } from "../../base/address.js";
import type { Listener, ListeningProcess } from "./listening-process.js";

const commandTimeoutMs = 3000;

export interface LsofListener {
  readonly pid: number;
  readonly command: string;
  readonly user: string | null;
  readonly address: string;
  readonly port: number;
}

/** Reads `lsof -FpcuLtn`: one field a line, named by its first letter; a process's fields stand before those of its files. */
export function parseLsof(text: string): LsofListener[] {
  const listeners: LsofListener[] = [];
  let fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const field = line.slice(0, 1);
    if (field === "p") fields = new Map();
    fields.set(field, line.slice(1));
    if (field !== "n") continue;
    const local = splitHostPort(line.slice(1));
    const pid = Number(fields.get("p"));
    if (local?.port === undefined || !Number.isInteger(local.port) || !Number.isInteger(pid)) continue;
    const wildcard = fields.get("t") === "IPv4" ? "0.0.0.0" : "::";
    const address = local.host === "*" ? wildcard : local.host;
    const user = fields.get("L") ?? fields.get("u") ?? null;
    listeners.push({ pid, command: fields.get("c") ?? "", user, address, port: local.port });
  }
  return listeners;
}

export async function listenersFromLsof(port: number): Promise<Listener[]> {
  const text = await outputOf("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-FpcuLtn"]);
  return parseLsof(text)
    .filter((listener) => listener.port === port)
    .map(({ address, pid, command, user }) => ({
      address,
      findProcess: async () => ({ pid, user, executable: command, argv: await argvFromPs(pid, command) }),
    }));
}

/** lsof knows only the program's name, which is `node` for half of the world; ps knows the arguments. */
async function argvFromPs(pid: number, command: string): Promise<string[]> {
  const text = (await outputOf("ps", ["-ww", "-o", "args=", "-p", String(pid)])).trim();
  return text === "" ? [command] : text.split(/\s+/);
}

/** `comm` is the path of the program's file on macOS, its name elsewhere. */
export async function parentFromPs(pid: number): Promise<ListeningProcess | undefined> {
  const parentPid = Number((await outputOf("ps", ["-o", "ppid=", "-p", String(pid)])).trim());
  if (!(parentPid > 0)) return undefined;
  const askFor = async (field: string) => (await outputOf("ps", ["-ww", "-o", `${field}=`, "-p", String(parentPid)])).trim();
  const [user, comm, args] = await Promise.all([askFor("user"), askFor("comm"), askFor("args")]);
  return args === "" ? undefined : { pid: parentPid, user, executable: basename(comm), argv: args.split(/\s+/) };
}

export interface NetstatListener {
  readonly address: string;
  readonly port: number;
  readonly pid: number;
}

/** Windows translates the state column; what marks a listener in every language is the foreign port 0. */
export function parseNetstat(text: string): NetstatListener[] {
  const listeners: NetstatListener[] = [];
  for (const line of text.split(/\r?\n/)) {
    const columns = line.trim().split(/\s+/);
    const local = splitHostPort(columns[1] ?? "");
    const pid = Number(columns.at(-1));
    if (columns[0] !== "TCP" || !columns[2]?.endsWith(":0") || local?.port === undefined) continue;
    if (Number.isInteger(local.port) && Number.isInteger(pid)) listeners.push({ address: local.host, port: local.port, pid });
  }
  return listeners;
}

/** The program's name from `tasklist /FO CSV /NH`; without a match tasklist prints a translated sentence instead. */
export function parseTasklist(text: string, pid: number): string | undefined {
  for (const line of text.split(/\r?\n/)) {
    const match = /^"([^"]*)","(\d+)"/.exec(line);
    if (match !== null && Number(match[2]) === pid) return match[1];
  }
  return undefined;
}

/** `netstat -p TCP` would leave out IPv6, so every protocol is asked for. */
export async function listenersFromNetstat(port: number): Promise<Listener[]> {
  const text = await outputOf(systemProgram("netstat.exe"), ["-ano"]);
  return parseNetstat(text)
    .filter((listener) => listener.port === port)
    .map(({ address, pid }) => ({
      address,
      findProcess: async () => ({ pid, user: null, executable: null, argv: await argvFromTasklist(pid) }),
    }));
}

async function argvFromTasklist(pid: number): Promise<string[]> {
  const text = await outputOf(systemProgram("tasklist.exe"), ["/FI", `PID eq ${pid}`, "/FO", "CSV", "/NH"]);
  return [parseTasklist(text, pid) ?? ""];
}

/** By its full path: Windows looks for a bare name in the current folder first. */
function systemProgram(name: string): string {
  return win32.join(process.env.SystemRoot ?? "C:\\Windows", "System32", name);
}

/** What a program printed, also when it ended with an error: lsof exits 1 when it found only part of what it was asked. */
function outputOf(file: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: commandTimeoutMs, maxBuffer: 16 * 1024 * 1024, windowsHide: true }, (_error, stdout) =>
      resolve(stdout),
    );
  });
}
