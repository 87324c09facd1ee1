import { Failure } from "../base/failure.js";
import type { FailureCode } from "../base/failure-catalogue.js";
import { foreign } from "../base/text.js";

/** A channel that the server did not open, with its reason (RFC 4254, 5.1) and, it may be, a text. */
export function failureFromRefusal(reason: number, text: string, to: string, cause?: unknown): Failure {
  const refine = (code: FailureCode, why: string) => new Failure(code, why, { cause });
  const given = foreign(text) || "no reason given";
  if (reason === 1) return refine("forwarding-prohibited", `the server does not allow a forward to ${to}`);
  if (reason === 2 && /refused/i.test(text)) return refine("service-refused", `nothing listens on ${to} of the server`);
  if (reason === 2) return refine("service-unreachable", `the server cannot connect to ${to} (${given})`);
  return refine("channel-refused", `the server opened no channel to ${to} (${given})`);
}
