import { parsePort } from "../../base/address.js";

export type SshProgram = "ssh" | "autossh";

/** Which of the two a program is, by its path or the first word of its command line. */
export function sshProgram(path: string | null | undefined): SshProgram | undefined {
  const name = path?.split(/[/\\]/).at(-1);
  return name === "ssh" || name === "autossh" ? name : undefined;
}

/** What a command line of ssh(1) or autossh(1) asks for, if it is nothing but local forwards. */
export interface ForwardCommand {
  /** Whether it goes without a shell or a command on the server: `-N`, or `-f`. */
  readonly isUnattended: boolean;
  /** The host as written, and every `HostName`. */
  readonly hosts: readonly string[];
  readonly users: readonly string[];
  readonly ports: readonly number[];
  /** The texts of `-L`, each `[bind:]port:host:hostport`. */
  readonly forwards: readonly string[];
  /** `-g`: where no bind is written, every address is meant. */
  readonly isGateway: boolean;
  /** The same for ssh alone: without what autossh keeps for itself, and without `-E`, whose file ssh would write. */
  readonly sshWords: readonly string[];
}

/** getopt(3) strings of OpenSSH 9 and autossh 1.4. Letters that do more than forward, or that tell of another way there, are in none. */
const plainFlags = "46aACfgkKnNqtTvxXYy";
const lettersWithWord = "bBceEFiIlLmop";

/** Options that make ssh do more than forward, or that lead to another server than the one that is named. */
const foreignOptions = new Set([
  "clearallforwardings",
  "dynamicforward",
  "localcommand",
  "proxycommand",
  "proxyjump",
  "proxyusefdpass",
  "remotecommand",
  "remoteforward",
  "tunnel",
  "tunneldevice",
]);

interface Draft {
  flags: Set<string>;
  hosts: string[];
  users: string[];
  ports: number[];
  forwards: string[];
  sshOptions: string[];
}

/**
 * Reads the words behind the program's name. Undefined for whatever is not understood to the last word: this decides whether
 * a process may be ended.
 */
export function readForwardCommand(program: SshProgram, words: readonly string[]): ForwardCommand | undefined {
  const draft: Draft = { flags: new Set(), hosts: [], users: [], ports: [], forwards: [], sshOptions: [] };
  const rest = [...words];
  let hostWord: string | undefined;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word.startsWith("-") && word !== "-" && word !== "--") {
      if (!readLetters(program, word.slice(1), rest, draft)) return undefined;
      continue;
    }
    const host = word === "--" ? rest.shift() : word;
    // A second word that is no option begins a command for the server.
    if (host === undefined || hostWord !== undefined || !readHost(host, draft)) return undefined;
    hostWord = host;
    if (word === "--" && rest.length > 0) return undefined;
  }
  const { flags, sshOptions, ...lists } = draft;
  if (hostWord === undefined) return undefined;
  // autossh keeps -f for itself, and its ssh then has a shell.
  const isUnattended = flags.has("N") || (program === "ssh" && flags.has("f"));
  return { ...lists, isUnattended, isGateway: flags.has("g"), sshWords: [...sshOptions, "--", hostWord] };
}

/** One word of options: letters that stand alone, and at most one that takes the rest of the word or the next one. */
function readLetters(program: SshProgram, letters: string, rest: string[], draft: Draft): boolean {
  for (const [index, letter] of [...letters].entries()) {
    if (plainFlags.includes(letter)) {
      draft.flags.add(letter);
      if (program === "ssh" || letter !== "f") draft.sshOptions.push(`-${letter}`);
      continue;
    }
    const isMonitor = program === "autossh" && letter === "M";
    if (!isMonitor && !lettersWithWord.includes(letter)) return false;
    const value = letters.slice(index + 1) || rest.shift();
    if (value === undefined) return false;
    if (isMonitor) return true;
    if (letter !== "E") draft.sshOptions.push(`-${letter}`, value);
    return readOption(letter, value, draft);
  }
  return letters !== "";
}

function readOption(letter: string, value: string, draft: Draft): boolean {
  switch (letter) {
    case "L":
      draft.forwards.push(value);
      return true;
    case "l":
      draft.users.push(value);
      return true;
    case "p":
      draft.ports.push(parsePort(value));
      return true;
    case "F":
      // Another file may mean another server by the same name.
      return value === "none" || value === "/dev/null";
    case "o":
      return readKeyword(value, draft);
    default:
      return true;
  }
}

/** `-o Key=Value` or `-o "Key Value"`, as in ssh_config(5). */
function readKeyword(text: string, draft: Draft): boolean {
  const [, key = "", value = ""] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.+?)\s*$/s.exec(text) ?? [];
  const isNo = value.toLowerCase() === "no" || value.toLowerCase() === "none";
  switch (key.toLowerCase()) {
    case "":
      return false;
    case "user":
      return readOption("l", value, draft);
    case "port":
      return readOption("p", value, draft);
    case "hostname":
      draft.hosts.push(value);
      return true;
    case "localforward":
      return readOption("L", value.split(/\s+/).join(":"), draft);
    case "gatewayports":
      if (!isNo) draft.flags.add("g");
      return true;
    case "sessiontype":
      if (isNo) draft.flags.add("N");
      return isNo;
    // Other sessions may ride on a master.
    case "controlmaster":
    case "permitlocalcommand":
      return isNo;
    default:
      return isNo || !foreignOptions.has(key.toLowerCase());
  }
}

/** `host`, `user@host`, or `ssh://[user@]host[:port]`. */
function readHost(text: string, draft: Draft): boolean {
  const url = /^ssh:\/\/(?:([^@/]+)@)?(\[[^\]]+\]|[^:/@]+)(?::(\d+))?\/?$/.exec(text);
  if (text.includes("://") && url === null) return false;
  const at = text.lastIndexOf("@");
  const [user, host, port] = url === null ? [at < 0 ? undefined : text.slice(0, at), text.slice(at + 1), undefined] : url.slice(1);
  if (host === undefined || host === "" || user === "") return false;
  draft.hosts.push(host.replace(/^\[|\]$/g, ""));
  if (user !== undefined) draft.users.push(user);
  if (port !== undefined) draft.ports.push(parsePort(port));
  return true;
}
