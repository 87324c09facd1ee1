import { parsePort } from "../../base/address.js";
import { readSshOption } from "../../config/ssh-option.js";
import { readSshCommandLine, readSshHost, type SshProgram, type SshWord } from "../../ssh/command-line.js";

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

/** Letters that do no more than forward. What is in none of the two does, or tells of another way there. */
const plainFlags = "46aACfgkKnNqtTvxXYy";
const plainOptions = "bBceEFiIlLmop";

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
  const said = readSshCommandLine(program, words);
  const draft: Draft = { flags: new Set(), hosts: [], users: [], ports: [], forwards: [], sshOptions: [] };
  if (typeof said === "string" || !said.every((word) => readWord(program, word, draft))) return undefined;
  const hostWord = said.find((word) => word.kind === "host")?.text;
  const { flags, sshOptions, ...lists } = draft;
  if (hostWord === undefined) return undefined;
  // autossh keeps -f for itself, and its ssh then has a shell.
  const isUnattended = flags.has("N") || (program === "ssh" && flags.has("f"));
  return { ...lists, isUnattended, isGateway: flags.has("g"), sshWords: [...sshOptions, "--", hostWord] };
}

function readWord(program: SshProgram, word: SshWord, draft: Draft): boolean {
  switch (word.kind) {
    case "host":
      return readHost(word.text, draft);
    case "command":
      return false;
    case "flag":
      if (!plainFlags.includes(word.letter)) return false;
      draft.flags.add(word.letter);
      if (program === "ssh" || word.letter !== "f") draft.sshOptions.push(`-${word.letter}`);
      return true;
    case "option": {
      const { letter, value } = word;
      if (program === "autossh" && letter === "M") return true;
      if (!plainOptions.includes(letter)) return false;
      if (letter !== "E") draft.sshOptions.push(`-${letter}`, value);
      return readOption(letter, value, draft);
    }
  }
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
  const option = readSshOption(text);
  if (option === undefined) return false;
  const { key, value } = option;
  const isNo = value.toLowerCase() === "no" || value.toLowerCase() === "none";
  switch (key) {
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
      return isNo || !foreignOptions.has(key);
  }
}

function readHost(text: string, draft: Draft): boolean {
  const read = readSshHost(text);
  if (read === undefined) return false;
  draft.hosts.push(read.host);
  if (read.user !== undefined) draft.users.push(read.user);
  if (read.port !== undefined) draft.ports.push(parsePort(read.port));
  return true;
}
