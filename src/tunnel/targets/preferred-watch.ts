import { onAbort, sleep } from "../../base/abort.js";
import type { Address } from "../../base/address.js";
import { anyTrue } from "../../base/any-true.js";
import type { Knock } from "./patience.js";

const pauseMs = 30_000;
const pauseMaxMs = 3_600_000;
/** A network that has just come is given a moment to carry anything. */
const newsPauseMs = 1_000;

/** How long to wait before the next look, after so many moves that came to nothing. `chance` is uniform in [0, 1). Pure. */
export function lookPauseMs(refusals: number, chance: number): number {
  return Math.min(pauseMaxMs, pauseMs * 2 ** Math.min(refusals, 20) * (1 + chance));
}

/** Looks, while a session leads to another target than the preferred one, whether a better one is there. */
export class PreferredWatch {
  readonly #knock: Knock;
  readonly #chance: () => number;
  #refusals = 0;
  #hurry = () => {};

  constructor(knock: Knock, chance: () => number) {
    this.#knock = knock;
    this.#chance = chance;
  }

  /** A move has begun; until one succeeds, or the network is another, each makes the pause before the next longer. */
  noteMove(): void {
    this.#refusals += 1;
  }

  /** One has succeeded. */
  reset(): void {
    this.#refusals = 0;
  }

  /** The machine slept, or the network is another one: look soon. */
  hurry(): void {
    this.reset();
    this.#hurry();
  }

  /**
   * True when one of the better targets accepts a connection; false when `signal` aborts first. One that cannot be knocked at (null) is
   * taken to be there: the log-in tells.
   */
  async untilOneAnswers(better: () => Promise<readonly (Address | null)[]>, signal: AbortSignal): Promise<boolean> {
    while (await this.#pause(signal)) {
      const addresses = await better();
      if (await anyTrue(addresses.map(async (address) => address === null || this.#knock(address, signal)))) return !signal.aborted;
    }
    return false;
  }

  async #pause(signal: AbortSignal): Promise<boolean> {
    const news = new AbortController();
    const forget = onAbort(signal, () => news.abort());
    this.#hurry = () => news.abort();
    await sleep(lookPauseMs(this.#refusals, this.#chance()), news.signal);
    forget();
    return news.signal.aborted ? sleep(newsPauseMs * (1 + this.#chance()), signal) : !signal.aborted;
  }
}
