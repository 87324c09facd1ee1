import { Failure } from "../../../base/failure.js";

/** What came of one deep check. */
export type DeepAnswer =
  | { readonly state: "ok"; readonly protocol: number | null; readonly bootId: string | null; readonly version: string | null }
  | {
      readonly state: "failing";
      readonly failure: Failure;
      /** When it is worth to ask again though nothing has changed; null when it is not: each refusal is a warning in the gateway's log. */
      readonly againInMs: number | null;
    };

/** What heals by itself is not asked about more often, unless the gateway names another time. */
const usualPauseMs = 60_000;
const leastPauseMs = 500;
const longestPauseMs = 600_000;

/** A gateway's refusal of `connect`: `{code, message, details: {code, reason}, retryable, retryAfterMs}`. Its own sentence is not repeated: it could hold what was sent. */
export function judgeRefusal(error: unknown): DeepAnswer {
  const { code, details, retryable, retryAfterMs } = fieldsOf(error);
  const detail = word(fieldsOf(details).code) ?? word(code) ?? "no reason given";
  // Whoever refuses the token is not asked again, whatever it says of that.
  if (code === "UNAVAILABLE" || (retryable === true && !detail.startsWith("AUTH_"))) {
    const pauseMs = typeof retryAfterMs === "number" ? Math.min(longestPauseMs, Math.max(leastPauseMs, retryAfterMs)) : usualPauseMs;
    return refused(new Failure("gateway-starting", "the OpenClaw gateway is starting, and takes no clients yet"), pauseMs);
  }
  switch (detail) {
    case "AUTH_TOKEN_MISSING":
    case "DEVICE_IDENTITY_REQUIRED":
      return refused(new Failure("gateway-token-missing", `the OpenClaw gateway wants a token (${detail})`));
    case "AUTH_PASSWORD_MISSING":
    case "AUTH_PASSWORD_MISMATCH":
      return refused(
        new Failure("gateway-token-wrong", `the OpenClaw gateway wants a password, and takes not what the deep check has (${detail})`, {
          hint: "Its auth mode is password: have health.deep name the password where it names the token.",
        }),
      );
    case "PROTOCOL_MISMATCH":
      return refused(protocolFailure(detail));
    default:
      return detail.startsWith("AUTH_")
        ? refused(new Failure("gateway-token-wrong", `the OpenClaw gateway refuses the token (${detail})`))
        : refused(new Failure("gateway-protocol", `the OpenClaw gateway refuses the deep check (${detail})`));
  }
}

/** A connection that the gateway closed before it had answered: codes of RFC 6455, 7.4.1. */
export function judgeClose(code: number): DeepAnswer {
  switch (code) {
    case 1002:
      return refused(protocolFailure(`close ${code}`));
    case 1008:
      return refused(new Failure("gateway-token-wrong", `the OpenClaw gateway refuses the deep check (close ${code})`));
    case 1012:
      return refused(new Failure("gateway-starting", "the OpenClaw gateway restarts"), leastPauseMs);
    default:
      return refused(new Failure("gateway-down", `the OpenClaw gateway closed the deep check's connection (close ${code})`), usualPauseMs);
  }
}

/** An answer to the WebSocket's upgrade that is not 101. */
export function judgeUpgrade(status: number): DeepAnswer {
  if (status === 503)
    return refused(new Failure("gateway-draining", "the OpenClaw gateway takes no new clients: it is about to end"), usualPauseMs);
  return refused(new Failure("gateway-protocol", `the OpenClaw gateway opens no WebSocket (status ${status})`));
}

/** Whatever else keeps it from an answer, and may be over in a minute. */
export function judgeTrouble(failure: Failure): DeepAnswer {
  return refused(failure, usualPauseMs);
}

export function refused(failure: Failure, againInMs: number | null = null): DeepAnswer {
  return { state: "failing", failure, againInMs };
}

function protocolFailure(why: string): Failure {
  return new Failure("gateway-protocol", `the OpenClaw gateway speaks another protocol than 3 and 4 (${why})`);
}

/** A code of the gateway's, as far as it looks like one. */
function word(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Z][A-Z_]{0,63}$/.test(value) ? value : undefined;
}

export function fieldsOf(value: unknown): Record<string, unknown> {
  return Object(value) as Record<string, unknown>;
}
