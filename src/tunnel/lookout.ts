import { anyTrue } from "../base/any-true.js";
import type { Failure } from "../base/failure.js";
import { type HeldLooks, untilCauseChanged } from "./held-watch.js";
import type { TunnelEvent, TunnelState } from "./state.js";
import { causesOf } from "./targets/no-target.js";

/** What is looked at outside: while a tunnel has no session, or not the one that it should. */
export interface Outside extends HeldLooks {
  /** False when `signal` aborts first, or when the failure does not say that the server is away. */
  readonly untilServerListens: (failure: Failure, signal: AbortSignal) => Promise<boolean>;
  /** While a session stands that does not lead to the preferred target; false when `signal` aborts first. */
  readonly untilBetterAnswers: (signal: AbortSignal) => Promise<boolean>;
}

/** Looks outside in each state for what would end it early. The look for one state ends with the next. */
export class Lookout {
  readonly #outside: Outside;
  readonly #onEvent: (event: TunnelEvent) => void;
  #life = new AbortController();

  constructor(outside: Outside, onEvent: (event: TunnelEvent) => void) {
    this.#outside = outside;
    this.#onEvent = onEvent;
  }

  over(state: TunnelState): void {
    this.#life.abort();
    this.#life = new AbortController();
    const { signal } = this.#life;
    void lookOut(state, this.#outside, signal).then((event) => {
      if (event !== undefined && !signal.aborted) this.#onEvent(event);
    });
  }
}

/** Undefined when nothing outside can end this state, or `signal` aborts first. */
async function lookOut(state: TunnelState, outside: Outside, signal: AbortSignal): Promise<TunnelEvent | undefined> {
  switch (state.phase) {
    case "held":
      return (await anyTrue(causesOf(state.failure).map((cause) => untilCauseChanged(cause, outside, signal))))
        ? { type: "cause-changed", reason: "cause-changed" }
        : undefined;
    case "waiting":
      return (await outside.untilServerListens(state.failure, signal)) ? { type: "retry-due" } : undefined;
    case "up":
      if (state.renewal !== null && state.renewal.failure === null) return undefined;
      return (await outside.untilBetterAnswers(signal)) ? { type: "renew", reason: "preferred-target" } : undefined;
    case "stopped":
    case "connecting":
      return undefined;
  }
}
