import { lookup } from "node:dns/promises";
import { isIP, SocketAddress } from "node:net";
import { sshProgram } from "../../ssh/command-line.js";
import { type Listener, type ListeningProcess, ownUserName } from "./listening-process.js";
import { listenersFromLsof, listenersFromNetstat, parentFromPs } from "./port-owner-command.js";
import { homeFromProc, listenersFromProc, parentFromProc, socketProcessFromProc } from "./port-owner-linux.js";

export interface PortOwner {
  pid: number;
  command: string;
  user: string | null;
  kind: "clawtunnel" | "ssh" | "openclaw" | "other";
  /** Whether it runs as this user. */
  isOwn: boolean;
  /** CLAWTUNNEL_HOME of another clawtunnel, where that may be seen. */
  home: string | null;
  /** The autossh that keeps an ssh alive. */
  keeperPid: number | null;
}

/** The process whose listener keeps `host:port` from being bound; undefined when there is none, or it may not be seen. Never throws. */
export async function findPortOwner(port: number, host: string): Promise<PortOwner | undefined> {
  const found = await findPortProcess(port, host);
  if (found === undefined) return undefined;
  const owner = ownerOf(found);
  if (owner.kind === "clawtunnel") return { ...owner, home: await homeFromProc(owner.pid) };
  const parent = owner.kind === "ssh" ? await findParent(owner.pid) : undefined;
  return { ...owner, keeperPid: parent !== undefined && sshProgram(parent.executable) === "autossh" ? parent.pid : null };
}

/** The process that listens on the unix socket at `path`; undefined when there is none, or it may not be seen. Never throws. */
export async function findSocketOwner(path: string): Promise<PortOwner | undefined> {
  if (process.platform !== "linux") return undefined;
  const found = await socketProcessFromProc(path).catch(() => undefined);
  return found && ownerOf(found);
}

/** A process as it is shown: without the secrets of its command line. */
export function ownerOf({ pid, argv, user }: ListeningProcess): PortOwner {
  const isOwn = user !== null && user === ownUserName();
  return { pid, command: showCommand(argv), user, kind: classifyCommand(argv), isOwn, home: null, keeperPid: null };
}

/** As findPortOwner, with the whole command line: not to be shown. */
export async function findPortProcess(port: number, host: string): Promise<ListeningProcess | undefined> {
  try {
    if (!Number.isInteger(port) || port < 1 || port > 65535) return undefined;
    const listeners = selectConflicts(await listListeners(port), await resolveHost(host));
    for (const listener of listeners) {
      const found = await listener.findProcess();
      if (found !== undefined) return found;
    }
  } catch {
    // Who holds the port is a courtesy in another failure's sentence; it must not become a failure of its own.
  }
  return undefined;
}

/** Undefined where that cannot be seen. Never throws. */
export async function findParent(pid: number): Promise<ListeningProcess | undefined> {
  if (process.platform === "win32") return undefined;
  return (process.platform === "linux" ? parentFromProc(pid) : parentFromPs(pid)).catch(() => undefined);
}

function listListeners(port: number): Promise<Listener[]> {
  if (process.platform === "linux") return listenersFromProc(port);
  return process.platform === "win32" ? listenersFromNetstat(port) : listenersFromLsof(port);
}

async function resolveHost(host: string): Promise<string> {
  if (host === "" || host === "*") return "::";
  if (host === "localhost") return "127.0.0.1";
  return isIP(host) === 0 ? (await lookup(host)).address : host;
}

/** The listeners that stand closest in the way of binding `host`; several only when `host` is itself a wildcard. */
export function selectConflicts<T extends { readonly address: string }>(listeners: readonly T[], host: string): T[] {
  const wanted = canonicalAddress(host);
  const ranked = listeners.map((listener) => ({ listener, distance: conflictDistance(canonicalAddress(listener.address), wanted) }));
  const nearest = Math.min(...ranked.map(({ distance }) => distance));
  return nearest === Infinity ? [] : ranked.filter(({ distance }) => distance === nearest).map(({ listener }) => listener);
}

function conflictDistance(held: string, wanted: string): number {
  if (held === wanted) return 0;
  if (held === wildcardOf(wanted)) return 1;
  if (held === "::") return 2;
  return wanted === "::" || wanted === wildcardOf(held) ? 3 : Infinity;
}

function wildcardOf(address: string): string {
  return address.includes(":") ? "::" : "0.0.0.0";
}

/** One spelling per address: the shortest, without a zone, and an IPv4-mapped address as the IPv4 address it binds. */
function canonicalAddress(address: string): string {
  const bare = address.replace(/%.*$/, "");
  if (isIP(bare) !== 6) return bare;
  return new SocketAddress({ family: "ipv6", address: bare }).address.replace(/^::ffff:(?=\d+\.)/, "");
}

/** What kind of program runs, by its argument list. */
export function classifyCommand(argv: string[]): PortOwner["kind"] {
  const program = programName(argv[0] ?? "");
  if (program === "ssh" || program === "autossh") return "ssh";
  const script = argv.slice(1).find((argument) => !argument.startsWith("-")) ?? "";
  if (program === "clawtunnel" || /^clawtunnel(?:-daemon\.js)?$/.test(programName(script))) return "clawtunnel";
  if (argv.includes("daemon") && argv.some((argument) => /(?:^|[/\\])dist[/\\]cli[/\\]main\.js$/.test(argument))) return "clawtunnel";
  return argv.some((argument) => /openclaw/i.test(argument)) ? "openclaw" : "other";
}

/** An ssh master renames itself to `ssh: /path/of/socket [mux]`, so what stands before `: ` is the program. */
function programName(path: string): string {
  const title = /^([\w-]+):(?:\s|$)/.exec(path)?.[1];
  const name = title ?? path.split(/[/\\]/).at(-1) ?? "";
  return (name.split(" ")[0] ?? "").toLowerCase().replace(/\.(?:exe|cmd)$/, "");
}

const maxShownCharacters = 120;
/** Command lines may be megabytes long, and the patterns below take more than linear time. */
const maxReadCharacters = 1024;
const secretName =
  "(?:tokens?|secret|pass(?:w(?:or)?d|phrase|code)(?!auth)|pass(?![a-z])|(?:api|access|private|auth)[-_]?key|credential|authorization)";
const secretOption = new RegExp(`^--?[\\w.-]*${secretName}[\\w.-]*$`, "i");
const secretAssignment = new RegExp(`^([-/]*[\\w.-]*${secretName}[\\w.-]*[=:]).+`, "i");
const secretInside = new RegExp(
  `((?:^|\\s)--?[\\w.-]*${secretName}[\\w.-]*\\s+|${secretName}[\\w.-]*["']?\\s*[=:]\\s*(?:(?:bearer|basic)\\s+)?)("[^"]*"?|'[^']*'?|\\S+)`,
  "gi",
);
const urlPassword = /(:\/\/[^\s:@/]*):[^\s@/]+@/g;

/** A command line to print: no secrets, nothing that moves a terminal's cursor, and not longer than a line. */
export function showCommand(argv: string[]): string {
  const plain = argv.slice(0, maxShownCharacters).map(toPlainText);
  const redacted = plain.map((argument, index) => (secretOption.test(plain[index - 1] ?? "") ? "***" : redact(argument)));
  // ps gives words, not arguments: `Authorization: Bearer X` is then seen as a whole only here.
  const characters = [...redacted.join(" ").slice(0, maxReadCharacters).replace(secretInside, "$1***").trim()];
  return characters.length <= maxShownCharacters ? characters.join("") : `${characters.slice(0, maxShownCharacters - 1).join("")}…`;
}

function toPlainText(argument: string): string {
  return argument.slice(0, maxReadCharacters).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ");
}

function redact(argument: string): string {
  return argument.replace(secretAssignment, "$1***").replace(secretInside, "$1***").replace(urlPassword, "$1:***@");
}

/** Who it is, as the rest of a sentence: first what kind of program, where that tells what to do. */
export function describePortOwner(owner: PortOwner): string {
  const pid = `pid ${owner.pid}${owner.command === "" ? "" : ` (${owner.command})`}${owner.user === null ? "" : `, user ${owner.user}`}`;
  switch (owner.kind) {
    case "clawtunnel":
      if (owner.pid === process.pid) return "another tunnel of this clawtunnel";
      return `another clawtunnel${owner.home === null ? "" : ` (home ${toPlainText(owner.home)})`}, ${pid}`;
    case "ssh":
      return `an ssh forward${owner.isOwn ? " of yours" : ""}${owner.keeperPid === null ? "" : `, kept up by autossh (pid ${owner.keeperPid})`}, ${pid}`;
    case "openclaw":
      return `an OpenClaw gateway on this machine, ${pid}`;
    case "other":
      return pid;
  }
}
