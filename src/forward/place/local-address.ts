import type { Socket } from "node:net";
import { sleep } from "../../base/abort.js";
import { type Address, formatAddress } from "../../base/address.js";
import { Failure } from "../../base/failure.js";
import { describeBusy, loopbackTwin } from "./bind.js";
import type { BusyPolicy } from "./busy-policy.js";
import { findPlace, leavePlace, type Place, takeIfFree, takeTwinIfFree } from "./place.js";

interface Pace {
  /** How often it is tried whether the wanted address, or its twin, is free again. */
  readonly tryEveryMs: number;
  /** Who has it is looked up again once in so many tries: that reads every process of the machine. */
  readonly triesPerLook: number;
}

const usualPace: Pace = { tryEveryMs: 2_000, triesPerLook: 15 };

/**
 * The address of one forward, held from `open` to `close`. Where the policy lets it stand on another port it goes home as soon
 * as the wanted one is free and no connection is open; the new place is taken before the old one is left. The loopback twin that
 * somebody else has is taken as soon as they leave it.
 */
export class LocalAddress {
  readonly #wanted: Address;
  readonly #onConnection: (client: Socket) => void;
  readonly #isInUse: () => boolean;
  readonly #policy: BusyPolicy;
  readonly #pace: Pace;
  #place: Place | undefined;
  #isOpenWanted = false;
  #search = new AbortController();
  /** One at a time: two that try for the same port would each take the other for somebody else. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(wanted: Address, onConnection: (client: Socket) => void, isInUse: () => boolean, policy: BusyPolicy, pace = usualPace) {
    this.#wanted = wanted;
    this.#onConnection = onConnection;
    this.#isInUse = isInUse;
    this.#policy = policy;
    this.#pace = pace;
  }

  /** Undefined while nobody listens. */
  get place(): Place | undefined {
    return this.#place;
  }

  /** Listens, if it does not yet. Throws `port-busy`, `bind-denied` or `bind-unavailable`. */
  open(): Promise<void> {
    this.#isOpenWanted = true;
    return this.#inTurn(async () => {
      if (this.#place !== undefined || !this.#isOpenWanted) return;
      this.#settle(await findPlace(this.#wanted, this.#onConnection, this.#policy));
    });
  }

  /** Listens if the wanted address is free now, and tells whether it does. Nobody is named, ended or evaded for it. */
  openIfFree(): Promise<boolean> {
    this.#isOpenWanted = true;
    return this.#inTurn(async () => {
      const place = this.#place === undefined && this.#isOpenWanted ? await this.#takeHome() : undefined;
      if (place !== undefined) this.#settle(place);
      return this.#place !== undefined;
    });
  }

  close(): void {
    this.#isOpenWanted = false;
    this.#search.abort();
    leavePlace(this.#place);
    this.#place = undefined;
  }

  async #takeHome(): Promise<Place | undefined> {
    if (this.#policy.reservation(this.#wanted) !== undefined) return undefined;
    return takeIfFree(this.#wanted, this.#onConnection);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  #settle(place: Place): void {
    if (!this.#isOpenWanted) {
      // Closed while it was still opening.
      leavePlace(place);
      return;
    }
    const before = this.#place;
    this.#place = place;
    this.#search.abort();
    this.#policy.onPlaced(this.#wanted, place, before);
    if (isWhole(place)) return;
    this.#search = new AbortController();
    void this.#complete(this.#search.signal);
  }

  /** Until the place is as it was wanted, or another one has come in its stead. */
  async #complete(signal: AbortSignal): Promise<void> {
    for (let tries = 1; await sleep(this.#pace.tryEveryMs, signal); tries += 1) {
      await this.#inTurn(() => this.#tryHome(signal));
      await this.#inTurn(() => this.#tryTwin(signal));
      if (tries % this.#pace.triesPerLook !== 0) continue;
      await this.#inTurn(() => this.#lookAgain(signal));
      await this.#inTurn(() => this.#lookAtTwinAgain(signal));
    }
  }

  async #tryHome(signal: AbortSignal): Promise<void> {
    const away = this.#placeFor(signal);
    if (away?.displacedBy === undefined || this.#isInUse()) return;
    const home = await this.#takeHome();
    if (home === undefined) return;
    // Closed meanwhile; or somebody came, and is not left behind.
    if (signal.aborted || this.#isInUse()) return leavePlace(home);
    this.#settle(home);
    leavePlace(away);
  }

  async #tryTwin(signal: AbortSignal): Promise<void> {
    const half = this.#placeFor(signal);
    if (half?.twinFailure === undefined) return;
    const place = await takeTwinIfFree(half, this.#onConnection);
    if (place === undefined) return;
    // Closed meanwhile, and with it all but the twin.
    if (signal.aborted) return leavePlace(place);
    this.#place = place;
    if (isWhole(place)) this.#search.abort();
    this.#policy.onTwinChanged(place);
  }

  /** By now another program may have the wanted address than the one that was named; or none, and a connection keeps us here. */
  async #lookAgain(signal: AbortSignal): Promise<void> {
    const away = this.#placeFor(signal);
    if (away?.displacedBy === undefined) return;
    const free = await this.#takeHome();
    leavePlace(free);
    const where = formatAddress(this.#wanted);
    const displacedBy =
      free === undefined
        ? (this.#policy.reservation(this.#wanted) ?? (await describeBusy(this.#wanted)))
        : new Failure("port-busy", `${where} is free again, and is taken back when no connection is open`);
    if (signal.aborted || displacedBy.message === away.displacedBy.message) return;
    this.#place = { ...away, displacedBy };
    this.#policy.onPlaced(this.#wanted, this.#place, away);
  }

  async #lookAtTwinAgain(signal: AbortSignal): Promise<void> {
    const half = this.#placeFor(signal);
    const twin = half && loopbackTwin(half.bind);
    if (half?.twinFailure?.code !== "port-busy" || twin === undefined) return;
    const twinFailure = await describeBusy(twin);
    if (signal.aborted || twinFailure.message === half.twinFailure.message) return;
    this.#place = { ...half, twinFailure };
    this.#policy.onTwinChanged(this.#place);
  }

  /** The place that a search is about. Turns are taken one by one, so that it changes at nobody else's hands until the signal aborts. */
  #placeFor(signal: AbortSignal): Place | undefined {
    return signal.aborted ? undefined : this.#place;
  }
}

function isWhole({ displacedBy, twinFailure }: Place): boolean {
  return displacedBy === undefined && twinFailure === undefined;
}
