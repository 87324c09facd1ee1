import { type FailureCode, failureCatalogue, type Recovery } from "./failure-catalogue.js";
import { printable } from "./text.js";

/** What `status`, the log and the control API say of a failure. Times are ISO 8601. */
export interface FailureReport {
  readonly code: FailureCode;
  readonly message: string;
  readonly hint: string;
  readonly recovery: Recovery;
}

/**
 * Something that went wrong and has a name: `code` for machines, `message` for people (what happened and why),
 * `hint` for the next step, `recovery` for the decision. Whatever is thrown that is not a Failure is a bug.
 */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: FailureCode;
  readonly hint: string;
  readonly recovery: Recovery;

  constructor(code: FailureCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(printable(message), options.cause === undefined ? undefined : { cause: options.cause });
    const entry = failureCatalogue[code];
    this.code = code;
    this.hint = options.hint ?? entry.hint;
    this.recovery = entry.recovery;
  }

  report(): FailureReport {
    return { code: this.code, message: this.message, hint: this.hint, recovery: this.recovery };
  }
}

/** A thrown value as a Failure. An unknown throw is a bug, not bad weather: `internal` is held, never retried. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new Failure("internal", `unexpected error: ${message}`, { cause: thrown });
}
