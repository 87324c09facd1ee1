import { Failure } from "../base/failure.js";
import { readSshOption, splitSshWords } from "../config/ssh-option.js";

/** What `-o` options say: those that the config has words of its own for, and the others as they are. */
export interface SshOptions {
  identities: string[];
  knownHosts?: string[];
  globalKnownHosts?: string[];
  user?: string;
  port?: number;
  connectTimeoutMs?: number;
  jump?: string[];
  readonly others: string[];
}

/** Keywords whose value is a file: relative to where the person stands. */
const fileKeywords: ReadonlySet<string> = new Set([
  "certificatefile",
  "identityagent",
  "revokedhostkeys",
  "pkcs11provider",
  "securitykeyprovider",
]);

/** `-o Key=Value` or `-o "Key Value"`, keys in any case and the first value wins, as in ssh_config(5). Throws `usage`. */
export function readSshOptions(options: readonly string[]): SshOptions {
  const read: SshOptions = { identities: [], others: [] };
  for (const option of options) {
    const said = readSshOption(option);
    if (said === undefined) throw new Failure("usage", `-o ${option}: it must be Key=Value`);
    const { keyword, key, value } = said;
    switch (key) {
      case "userknownhostsfile":
        read.knownHosts ??= readFiles(value);
        break;
      case "globalknownhostsfile":
        read.globalKnownHosts ??= readFiles(value);
        break;
      case "identityfile":
        // No file at all, in place of those that ssh tries of itself.
        if (value === "none") read.others.push(option.trim());
        else read.identities.push(absolutePath(unquote(value)));
        break;
      case "user":
        read.user ??= value;
        break;
      case "port":
        read.port ??= readNumber(option, value);
        break;
      case "proxyjump":
        read.jump ??= value.split(",");
        break;
      case "connecttimeout":
        read.connectTimeoutMs ??= readNumber(option, value) * 1000;
        if (!/^[1-9]\d{0,3}$/.test(value))
          throw new Failure("usage", `-o ${option}: ConnectTimeout must be a number of seconds from 1 to 9999`);
        break;
      default:
        read.others.push(fileKeywords.has(key) ? `${keyword}="${absolutePath(unquote(value))}"` : option.trim());
    }
  }
  return read;
}

/** Paths are meant from where the person stands; the daemon stands elsewhere. What begins with `~`, a variable or a token is left for ssh to read. */
export function absolutePath(path: string): string {
  if (/^(?:none|SSH_AUTH_SOCK|internal)$/.test(path)) return path;
  return /^(?:[~/$%]|[A-Za-z]:[\\/]|\\\\)/.test(path) ? path : `${process.cwd()}/${path}`;
}

function unquote(word: string): string {
  return word.replace(/^"(.*)"$/, "$1");
}

function readFiles(value: string): string[] {
  if (value === "none") return [];
  return splitSshWords(value).map(absolutePath);
}

function readNumber(option: string, value: string): number {
  if (!/^\d+$/.test(value)) throw new Failure("usage", `-o ${option}: it must be a whole number`);
  return Number(value);
}
