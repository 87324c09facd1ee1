import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { SocketAddress } from "node:net";
import { basename } from "node:path";
import { type Listener, type ListeningProcess, ownUserName } from "./listening-process.js";

export interface ProcListener {
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

const listenState = "0A";
/** __SO_ACCEPTCON of <linux/net.h>. */
const acceptsConnections = 0x10000;

/** The listening sockets in the text of /proc/net/tcp or /proc/net/tcp6. */
export function parseProcNetTcp(text: string): ProcListener[] {
  const listeners: ProcListener[] = [];
  for (const line of text.split("\n")) {
    const columns = line.trim().split(/\s+/);
    const [hexAddress, hexPort] = columns[1]?.split(":") ?? [];
    const inode = columns[9];
    if (columns[3] !== listenState || hexAddress === undefined || hexPort === undefined || inode === undefined) continue;
    const address = addressFromHex(hexAddress);
    if (address !== undefined) listeners.push({ address, port: Number.parseInt(hexPort, 16), inode });
  }
  return listeners;
}

/** The kernel prints an address as 32-bit words in the machine's byte order, which is little-endian wherever Node is common. */
function addressFromHex(hex: string): string | undefined {
  if (!/^(?:[\dA-F]{8}|[\dA-F]{32})$/i.test(hex)) return undefined;
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join(".");
  const groups = bytes.join("").match(/.{4}/g) ?? [];
  return new SocketAddress({ family: "ipv6", address: groups.join(":") }).address;
}

export async function listenersFromProc(port: number): Promise<Listener[]> {
  const tables = await Promise.all([readOrEmpty("/proc/net/tcp"), readOrEmpty("/proc/net/tcp6")]);
  return tables
    .flatMap(parseProcNetTcp)
    .filter((listener) => listener.port === port)
    .map(({ address, inode }) => ({ address, findProcess: () => processWithSocket(inode) }));
}

/** The unix socket that is listened on at `path`, in the text of /proc/net/unix: its inode, which is another one than the file's. */
export function parseProcNetUnix(text: string, path: string): string | undefined {
  for (const line of text.split("\n")) {
    const [, flags = "", inode, found] = /^\S+: \S+ \S+ (\S+) \S+ \S+ +(\d+) (.*)$/.exec(line) ?? [];
    const isListening = (Number.parseInt(flags, 16) & acceptsConnections) !== 0;
    if (isListening && found === path) return inode;
  }
  return undefined;
}

/** Whether the kernel's list has a listener under this very path. Empty where there is no /proc. */
export async function isListenedOn(path: string): Promise<boolean> {
  return parseProcNetUnix(await readOrEmpty("/proc/net/unix"), path) !== undefined;
}

export async function socketProcessFromProc(path: string): Promise<ListeningProcess | undefined> {
  const inode = parseProcNetUnix(await readOrEmpty("/proc/net/unix"), path);
  return inode === undefined ? undefined : processWithSocket(inode);
}

/** A socket may be shared with forked children; the lowest pid is most likely the one that opened it. */
async function processWithSocket(inode: string): Promise<ListeningProcess | undefined> {
  const entries = await readdir("/proc");
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number);
  for (const pid of pids.sort((a, b) => a - b)) {
    if (await hasSocket(pid, inode)) return readProcess(pid);
  }
  return undefined;
}

export async function parentFromProc(pid: number): Promise<ListeningProcess | undefined> {
  const stat = await readOrEmpty(`/proc/${pid}/stat`);
  // The program's name stands in brackets before, and may itself hold brackets and spaces.
  const parentPid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  return parentPid > 0 ? readProcess(parentPid) : undefined;
}

/** CLAWTUNNEL_HOME of a process of this user. */
export function homeFromProc(pid: number): Promise<string | null> {
  return readVariable(pid, "CLAWTUNNEL_HOME");
}

/** HOME of a process of this user; null where that cannot be seen. */
export function userHomeFromProc(pid: number): Promise<string | null> {
  return readVariable(pid, "HOME");
}

/** One variable, and nothing else of a process's environment. */
async function readVariable(pid: number, name: string): Promise<string | null> {
  const variables = (await readOrEmpty(`/proc/${pid}/environ`)).split("\0");
  return variables.find((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1) || null;
}

async function readProcess(pid: number): Promise<ListeningProcess> {
  const [argv, executable, user] = await Promise.all([readArgv(pid), readExecutable(pid), readUser(pid)]);
  return { pid, argv, executable, user };
}

/** The kernel says ` (deleted)` behind a program that was upgraded since. */
async function readExecutable(pid: number): Promise<string | null> {
  const path = await readlink(`/proc/${pid}/exe`).catch(() => null);
  return path === null ? null : basename(path.replace(/ \(deleted\)$/, ""));
}

async function hasSocket(pid: number, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await readdir(folder).catch(() => []);
  const targets = await Promise.all(descriptors.map((descriptor) => readlink(`${folder}/${descriptor}`).catch(() => "")));
  return targets.includes(`socket:[${inode}]`);
}

async function readArgv(pid: number): Promise<string[]> {
  const commandLine = await readOrEmpty(`/proc/${pid}/cmdline`);
  const argv = commandLine.replace(/\0+$/, "").split("\0");
  return argv[0] === "" ? [(await readOrEmpty(`/proc/${pid}/comm`)).trim()] : argv;
}

async function readUser(pid: number): Promise<string | null> {
  const owner = await stat(`/proc/${pid}`).catch(() => undefined);
  return owner === undefined ? null : userNameOf(owner.uid);
}

async function userNameOf(uid: number): Promise<string | null> {
  const passwd = await readOrEmpty("/etc/passwd");
  const entry = passwd.split("\n").find((line) => line.split(":")[2] === String(uid));
  const name = entry?.split(":")[0];
  if (name !== undefined && name !== "") return name;
  return uid === process.getuid?.() ? ownUserName() : null;
}

function readOrEmpty(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
