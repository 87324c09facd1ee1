import type { Failure } from "../../base/failure.js";
import type { FailureCode } from "../../base/failure-catalogue.js";
import type { Surroundings } from "../../ssh/session.js";

/** A server that refused us counts log-ins that fail; asking it again with the same keys would only add to them. */
const restMs = 600_000;
const restCodes: ReadonlySet<FailureCode> = new Set(["auth-rejected", "needs-answer"]);

interface Rest {
  readonly failure: Failure;
  readonly untilMs: number;
  readonly seen: string;
}

/** Targets that refused us, and are left in peace while the others are tried, until something has changed. */
export class Rests {
  readonly #rests = new Map<number, Rest>();

  /** `seen`: what the log-in depended on when it began. Times are of the monotonic clock. */
  note(index: number, failure: Failure, seen: Surroundings, nowMs: number): void {
    if (restCodes.has(failure.code)) this.#rests.set(index, { failure, untilMs: nowMs + restMs, seen: textOf(seen) });
  }

  /** Why the target at `index` is still to be left in peace. */
  async of(index: number, look: () => Promise<Surroundings>, nowMs: number): Promise<Failure | undefined> {
    const rest = this.#rests.get(index);
    if (rest === undefined) return undefined;
    if (nowMs < rest.untilMs && textOf(await look()) === rest.seen) return rest.failure;
    this.#rests.delete(index);
    return undefined;
  }

  clear(): void {
    this.#rests.clear();
  }
}

function textOf({ keys, sshConfig }: Surroundings): string {
  return `${keys} ${sshConfig}`;
}
