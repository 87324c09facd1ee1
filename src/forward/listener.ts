import type { Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { asFailure, type Failure } from "../base/failure.js";
import type { Logger } from "../base/logger.js";
import type { ForwardSpec } from "../config/tunnel-spec.js";
import { listen, loopbackTwin } from "./bind.js";
import { bridge } from "./bridge.js";
import { newCounters } from "./counters.js";
import { OfflineDesk } from "./offline-desk.js";
import type { Absence } from "./offline-page.js";
import { TurnedAway, type WaitingRoom } from "./waiting-room.js";

/** A living server confirms or refuses a channel to a living destination sooner. */
const slowDialMs = 1_000;

/**
 * The local end of one forward. It holds its address from `open` to `close`, whatever the SSH session does meanwhile; each
 * connection gets a channel of its own, or waits for the session that can give it one.
 */
export class ForwardListener {
  /** Another one with the same bind may take its place at any time; it holds for the connections that come then. */
  spec: ForwardSpec;
  readonly counters = newCounters();
  /** Why the twin address (`[::1]` beside `127.0.0.1`) is not ours, if it is not. */
  twinFailure: Failure | undefined;
  readonly #room: WaitingRoom;
  readonly #onSlowDial: () => void;
  readonly #log: Logger;
  readonly #offlineDesk: OfflineDesk;
  readonly #clients = new Set<Socket>();
  #servers: Server[] = [];
  #opening: Promise<void> | undefined;
  #isWanted = false;

  /**
   * `onSlowDial` is told when the server takes long to open a channel: it may be silent, or only the destination slow.
   * `absence` is asked when there is no session for a client.
   */
  constructor(spec: ForwardSpec, room: WaitingRoom, onSlowDial: () => void, log: Logger, absence: () => Absence) {
    this.spec = spec;
    this.#room = room;
    this.#onSlowDial = onSlowDial;
    this.#log = log;
    this.#offlineDesk = new OfflineDesk(absence, log);
  }

  get isOpen(): boolean {
    return this.#servers.length > 0;
  }

  /** Listens, if it does not yet. Throws `port-busy`, `bind-denied` or `bind-unavailable`. */
  async open(): Promise<void> {
    this.#isWanted = true;
    if (this.isOpen) return;
    this.#opening ??= this.#listen().finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
  }

  /** Gives the address back and ends every connection. */
  close(): void {
    this.#isWanted = false;
    for (const server of this.#servers) server.close();
    this.#servers = [];
    for (const client of this.#clients) client.resetAndDestroy();
  }

  async #listen(): Promise<void> {
    const serve = (client: Socket) => void this.#serve(client);
    const servers = [await listen(this.spec.bind, serve)];
    const twin = loopbackTwin(this.spec.bind);
    this.twinFailure = undefined;
    if (twin !== undefined) {
      try {
        servers.push(await listen(twin, serve));
      } catch (error) {
        // A machine without IPv6 has no ::1 that anybody could be sent to.
        const failure = asFailure(error);
        this.twinFailure = failure.code === "bind-unavailable" ? undefined : failure;
      }
    }
    this.#servers = servers;
    // Closed while it was still opening.
    if (!this.#isWanted) this.close();
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
