import { Failure } from "../../base/failure.js";
import type { FailureCode } from "../../base/failure-catalogue.js";
import { errorText } from "../../base/system-error.js";
import { foreign } from "../../base/text.js";

/** What the one file that understands ssh's messages needs to tell a good sentence. */
export interface SshPlace {
  /** `user@host:port`, for the sentence. */
  readonly where: string;
  readonly stage: "log-in" | "session";
  /** Whether ssh had a terminal to ask at. */
  readonly canAsk: boolean;
  /** What the server would have taken, had ssh been able to use it. */
  readonly acceptedKey: string | undefined;
}

interface Cause {
  readonly code: FailureCode;
  readonly why: string;
}

type Meaning = readonly [RegExp, FailureCode | ((found: RegExpExecArray) => Cause)];

/** Why a TCP connect failed, in the C library's words. */
const connectErrors: readonly (readonly [RegExp, FailureCode])[] = [
  [/refused/, "connection-refused"],
  [/timed out/, "connect-timeout"],
  [/reset/, "connection-reset"],
];

/**
 * What ssh says when it ends, and what of that is the cause. Messages of OpenSSH 7.4 to 10; a line that no pattern knows (a banner,
 * a warning) is no cause. The first line that is one names the failure: what comes after it are its consequences.
 */
const meanings: readonly Meaning[] = [
  [/Could not resolve hostname (\S+): (.*)/, ([, host, why]) => ({ code: "host-unresolved", why: `${host}: ${why}` })],
  [/connect to (?:host|address) (\S+) port (\d+): (.*)/, ([, host, port, why = ""]) => connectCause(`${host} port ${port}`, why)],
  [/^channel \d+: open failed: [^:]*: (.*)/, ([, why = ""]) => connectCause("from the jump host", why)],
  [/^stdio forwarding failed/, () => ({ code: "host-unreachable", why: "the jump host cannot reach it" })],
  [/timed out during banner exchange|^Connection to \S+ (?:port \d+ )?timed out/, "handshake-timeout"],
  [/banner exchange: .*invalid format|exchange_identification: .*(?:invalid characters|No banner|banner line too long)/, "not-ssh"],
  [/^Protocol major versions differ|^Bad remote protocol version/, "not-ssh"],
  [/exchange_identification: (.*)|^banner exchange: .*: (.*)/, "handshake-lost"],
  [/REMOTE HOST IDENTIFICATION HAS CHANGED|HOST IDENTIFICATION HAS CHANGED/, "host-key-changed"],
  [/REVOKED HOST KEY|^Host key \S+ \S+ revoked/, "host-key-revoked"],
  [/^No \S+ host key is known for .* requested strict checking|^Host key verification failed/, "host-key-unknown"],
  [/^Unable to negotiate with .*?: (.*)|^(no matching .*)/, "algorithms-mismatch"],
  [/Too many authentication failures/, () => ({ code: "auth-rejected", why: "the server ended the log-in: too many keys were offered" })],
  [/Bad configuration option|bad configuration options|^Bad owner or permissions on|^Can't open user config file/, "ssh-config-invalid"],
  [/^\S+(?: line |: line )\d+: |^command-line(?:: line \d+|):? /, "ssh-config-invalid"],
  [/^unix_listener: |^ControlPath .* too long|^ControlSocket .* already exists|^muxserver_listen/, "folder-unusable"],
  [/^Timeout, server \S+ not responding/, "peer-silent"],
  [/^Received disconnect from .*?:\d+: (.*)/, ([, why]) => ({ code: "server-disconnected", why: `the server ended the session: ${why}` })],
  [/^Connection (?:to \S+ )?closed by (?:remote host|\S+ port \d+)/, "peer-closed"],
  [/^Disconnected from /, "server-disconnected"],
  [/Broken pipe|Connection reset|Connection timed out|Network is (?:down|unreachable)|No route to host/, "connection-reset"],
];

/** Says nothing of why a log-in failed: it comes after every wrong password, and from the keys that were passed over. */
const permissionDenied = /Permission denied \(([^)]*)\)/;
const keyTrouble = /^no such identity: |^Load key "|UNPROTECTED PRIVATE KEY FILE|^Permissions \d+ for |^identity_sign: |signing failed/;

/** The failure that ended ssh, by the lines that it wrote and that are for people. */
export function failureFromSsh(lines: readonly string[], exit: string, place: SshPlace): Failure {
  for (const line of lines) {
    const methods = permissionDenied.exec(line)?.[1];
    const failure = methods === undefined ? failureFromLine(line, lines, place) : failureFromDenial(methods, lines, place);
    if (failure !== undefined) return failure;
  }
  const last = lines.findLast((line) => line.trim() !== "" && !line.startsWith("** "));
  return new Failure("ssh-ended", `${place.where}: ssh ended (${foreign(last ?? exit)})`);
}

/** The program itself could not be started. */
export function failureFromSpawn(error: unknown): Failure {
  return new Failure("engine-unavailable", `the system's ssh cannot be run: ${errorText(error)}`, { cause: error });
}

function failureFromLine(line: string, lines: readonly string[], { where, stage }: SshPlace): Failure | undefined {
  for (const [pattern, meaning] of meanings) {
    const found = pattern.exec(line);
    if (found === null) continue;
    const { code, why } = typeof meaning === "string" ? { code: meaning, why: found[1] ?? plain(line) } : meaning(found);
    // Before the log-in the same words mean that there was none.
    const isLogIn = stage === "log-in" && (code === "peer-closed" || code === "server-disconnected" || code === "connection-reset");
    return new Failure(isLogIn ? "handshake-lost" : code, `${where}: ${foreign(why)}${offender(code, lines)}`);
  }
  return undefined;
}

function failureFromDenial(methods: string, lines: readonly string[], { where, canAsk, acceptedKey }: SshPlace): Failure {
  const hint = "Install the optional package node-pty, so that ssh can ask; or add the key to an ssh-agent: `ssh-add FILE`.";
  if (!canAsk && acceptedKey !== undefined) {
    return new Failure("needs-answer", `${where}: ${acceptedKey} needs its passphrase, and ssh cannot ask because node-pty is missing`, {
      hint,
    });
  }
  const keys = lines.find((line) => keyTrouble.test(line));
  if (keys !== undefined) return new Failure("identity-unreadable", `${where}: no key was accepted (${plain(keys)})`);
  if (!canAsk && /password|keyboard-interactive/.test(methods)) {
    return new Failure("needs-answer", `${where}: the server asks for more than a key, and ssh cannot ask because node-pty is missing`, {
      hint,
    });
  }
  return new Failure("auth-rejected", `${where}: the server refused the log-in (it takes ${methods.replaceAll(",", ", ")})`);
}

/** The line of known_hosts that speaks against the key. */
function offender(code: FailureCode, lines: readonly string[]): string {
  if (code !== "host-key-changed" && code !== "host-key-revoked") return "";
  const [, file] = /(?:Offending|Revoked) \S+ key in (.*)/.exec(lines.join("\n")) ?? [];
  return file === undefined ? "" : ` (${file.trim()} has another)`;
}

function connectCause(where: string, why: string): Cause {
  const code = connectErrors.find(([pattern]) => pattern.test(why))?.[1] ?? "host-unreachable";
  return { code, why: `${where}: ${why}` };
}

function plain(line: string): string {
  return line.replaceAll(/^[@\s]+|[@\s]+$/g, "").replace(/^ssh: /, "");
}
