import { Failure } from "../../base/failure.js";
import type { FailureCode } from "../../base/failure-catalogue.js";
import { errorText, systemErrorCode } from "../../base/system-error.js";
import { foreign } from "../../base/text.js";
import { failureFromRefusal } from "../channel-failure.js";
import { execRefused } from "../exec-answer.js";

/** What the one file that understands ssh2's errors needs to tell a good sentence. */
export interface FailurePlace {
  /** `user@host:port`, for the sentence. */
  readonly where: string;
  readonly stage: "handshake" | "session";
  /** The first bytes that came from there. */
  readonly heard?: string;
}

/** OpenSSH says these in plain text, instead of its greeting, to clients that it does not want now. */
const openSshRefusal = /^(?:Exceeded MaxStartups|Not allowed at this time)/;

/** RFC 4253, 11.1. ssh2 gives a server's disconnect as an Error with this number in `code` and no `level`. */
const tooManyAuthFailures = 14;

/** A failed TCP connect, resolved by Node. */
export function failureFromConnect(error: unknown, where: string): Failure {
  const refine = (code: FailureCode, why: string) => new Failure(code, `${where}: ${why}`, { cause: error });
  switch (systemErrorCode(firstOf(error))) {
    case "ENOTFOUND":
      return refine("host-unresolved", "no such host");
    case "EAI_AGAIN":
      return refine("host-unresolved", "the name cannot be resolved now");
    case "ECONNREFUSED":
      return refine("connection-refused", "nothing listens on that port");
    case "ECONNRESET":
      return refine("connection-reset", "the connection was reset");
    case "ETIMEDOUT":
      return refine("connect-timeout", "no answer to the connection");
    default:
      return refine("host-unreachable", `the network cannot reach it (${errorText(firstOf(error))})`);
  }
}

/** An `error` event of an ssh2 Client, as the failure it stands for. */
export function failureFromSsh2(error: unknown, { where, stage, heard = "" }: FailurePlace): Failure {
  const text = foreign(errorText(error));
  const refine = (code: FailureCode, why: string) => new Failure(code, `${where}: ${why}`, { cause: error });
  const { level, code } = error as { level?: unknown; code?: unknown };

  // What carries the session says itself what became of it.
  if (error instanceof Failure) return error;
  if (level === "client-socket") return refine("connection-reset", `the connection broke (${text})`);
  if (level === "protocol" && text.startsWith("Connection lost before handshake")) {
    const refusal = openSshRefusal.exec(heard)?.[0];
    if (refusal !== undefined) return refine("handshake-lost", `the server takes no log-ins now ("${refusal}")`);
    // What broke off in the middle of a greeting was one all the same.
    return "SSH-".startsWith(heard.slice(0, 4))
      ? refine("handshake-lost", "the server closed the connection before the handshake")
      : refine("not-ssh", "what answers there is not an SSH server");
  }
  if (level === "handshake") {
    const mismatch = /no matching/i.test(text);
    return mismatch ? refine("algorithms-mismatch", text) : refine("handshake-lost", `the handshake failed (${text})`);
  }
  if (level === undefined && typeof code === "number") return failureFromDisconnect(code, text, refine);
  if (stage === "handshake" && isNotSsh(text)) return refine("not-ssh", "what answers there is not an SSH server");
  if (level === "protocol") return refine("server-disconnected", `the server broke the protocol (${text})`);
  return refine("server-disconnected", text);
}

/** A channel that was not opened. ssh2 gives the server's reason as a number. */
export function failureFromChannel(error: unknown, to: string): Failure {
  const { reason } = error as { reason?: unknown };
  if (typeof reason !== "number") return new Failure("session-gone", `the session ended before ${to} was reached`, { cause: error });
  return failureFromRefusal(reason, refusalText(error), to, error);
}

/** A command that was not started: no session was opened for it, or the one that was does not run it. */
export function failureFromExec(error: unknown): Failure {
  return execRefused(foreign(refusalText(error)) || "no reason given", error);
}

function refusalText(error: unknown): string {
  return errorText(error).replace(/^\(SSH\) Channel open failure: ?/, "");
}

function failureFromDisconnect(code: number, text: string, refine: (code: FailureCode, why: string) => Failure): Failure {
  // OpenSSH says "Too many authentication failures" with reason 2, others with 14.
  if (code === tooManyAuthFailures || /too many authentication failures/i.test(text)) {
    return refine("auth-rejected", "the server ended the log-in: too many keys were offered");
  }
  return refine("server-disconnected", `the server ended the session: ${text}`);
}

function isNotSsh(text: string): boolean {
  return /ident|version|greeting|packet length|header/i.test(text);
}

/** Node packs the tries at several addresses into an AggregateError; the first is the one that tells most. */
function firstOf(error: unknown): unknown {
  return error instanceof AggregateError ? error.errors[0] : error;
}
