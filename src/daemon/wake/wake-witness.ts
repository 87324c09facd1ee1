/** systemd-logind tells of a wake at once; the clocks show every gap, at their next beat. Either may be first. */
export type WakeWitness = "logind" | "clocks";

/** A beat and some: the clocks are read every two seconds, and on waking a machine has other things to do. */
const sameWakeMs = 5_000;

/** Tells whether what a witness says is news, or what the other one has just said of the same wake. */
export class WakeWitnesses {
  #first: { readonly witness: WakeWitness; readonly bootMs: number } | undefined;

  /** `bootMs` is time since boot, sleeps included: two wakes with a sleep between them are never one. */
  isNews(witness: WakeWitness, bootMs: number): boolean {
    const first = this.#first;
    const isEcho = first !== undefined && first.witness !== witness && bootMs - first.bootMs < sameWakeMs;
    this.#first = isEcho ? undefined : { witness, bootMs };
    return !isEcho;
  }
}
