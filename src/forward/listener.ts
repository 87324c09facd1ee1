import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Address } from "../base/address.js";
import { asFailure, type Failure } from "../base/failure.js";
import type { Logger } from "../base/logger.js";
import type { ForwardSpec } from "../config/tunnel-spec.js";
import { bridge } from "./bridge.js";
import { newCounters } from "./counters.js";
import { OfflineDesk } from "./offline/offline-desk.js";
import type { Absence } from "./offline/offline-page.js";
import type { BusyPolicy } from "./place/busy-policy.js";
import { LocalAddress } from "./place/local-address.js";
import { TurnedAway, type WaitingRoom } from "./waiting-room.js";

/** A living server confirms or refuses a channel to a living destination sooner. */
const slowDialMs = 1_000;

/** What the listeners of one tunnel share. */
export interface ListenerContext {
  readonly room: WaitingRoom;
  /** Told when the server takes long to open a channel: it may be silent, or only the destination slow. */
  readonly onSlowDial: () => void;
  /** Asked when there is no session for a client. */
  readonly absence: () => Absence;
  readonly busyPolicy: BusyPolicy;
  readonly log: Logger;
}

/**
 * The local end of one forward. It holds its address from `open` to `close`, whatever the SSH session does meanwhile; each
 * connection gets a channel of its own, or waits for the session that can give it one.
 */
export class ForwardListener {
  /** Another one with the same bind may take its place at any time; it holds for the connections that come then. */
  spec: ForwardSpec;
  readonly counters = newCounters();
  readonly #room: WaitingRoom;
  readonly #onSlowDial: () => void;
  readonly #log: Logger;
  readonly #offlineDesk: OfflineDesk;
  readonly #clients = new Set<Socket>();
  readonly #address: LocalAddress;

  constructor(spec: ForwardSpec, { room, onSlowDial, absence, busyPolicy, log }: ListenerContext) {
    this.spec = spec;
    this.#room = room;
    this.#onSlowDial = onSlowDial;
    this.#log = log;
    this.#offlineDesk = new OfflineDesk(absence, log);
    const isInUse = () => this.counters.open > 0 || this.counters.waiting > 0;
    this.#address = new LocalAddress(spec.bind, (client) => void this.#serve(client), isInUse, busyPolicy);
  }

  get isOpen(): boolean {
    return this.#address.place !== undefined;
  }

  /** Where it listens, or would. */
  get bind(): Address {
    return this.#address.place?.bind ?? this.spec.bind;
  }

  /** Why `bind` is not the address of the spec, if it is not. */
  get displacedBy(): Failure | undefined {
    return this.#address.place?.displacedBy;
  }

  /** Why the twin address (`[::1]` beside `127.0.0.1`) is not ours, if it is not. */
  get twinFailure(): Failure | undefined {
    return this.#address.place?.twinFailure;
  }

  /** Listens, if it does not yet. Throws `port-busy`, `bind-denied` or `bind-unavailable`. */
  open(): Promise<void> {
    return this.#address.open();
  }

  /** Listens if its address is free now, and tells whether it does. */
  openIfFree(): Promise<boolean> {
    return this.#address.openIfFree();
  }

  /** Gives the address back and ends every connection. */
  close(): void {
    this.#address.close();
    for (const client of this.#clients) client.resetAndDestroy();
  }

  async #serve(client: Socket): Promise<void> {
    const left = new AbortController();
    this.#clients.add(client);
    this.counters.open += 1;
    this.counters.total += 1;
    client.on("error", () => {});
    client.once("close", () => {
      left.abort();
      this.#clients.delete(client);
      this.counters.open -= 1;
    });
    try {
      const channel = await this.#dial(left.signal);
      await bridge(client, channel, this.counters);
    } catch (error) {
      if (error instanceof TurnedAway) return this.#offlineDesk.receive(client, error, this.spec);
      client.resetAndDestroy();
      if (!left.signal.aborted) {
        const failure = asFailure(error);
        this.counters.refused += 1;
        this.#log.debug({ event: "forward.refused", code: failure.code }, failure.message);
      }
    }
  }

  /** A channel to the destination. Nothing was read from the client yet, so a session that dies meanwhile costs only time. */
  async #dial(signal: AbortSignal): Promise<Duplex> {
    this.counters.waiting += 1;
    try {
      for (;;) {
        const session = await this.#room.enter(signal);
        const slow = setTimeout(this.#onSlowDial, slowDialMs);
        try {
          return await session.dial(this.spec.to, signal);
        } catch (error) {
          if (asFailure(error).code !== "session-gone" || signal.aborted) throw error;
          // The room learns of the loss in the same turn of the loop; ask again after it did.
          await session.ended;
        } finally {
          clearTimeout(slow);
        }
      }
    } finally {
      this.counters.waiting -= 1;
    }
  }
}
