import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Endpoint, formatEndpoint, isLoopback, isSocketPath } from "../base/address.js";
import { asFailure, Failure } from "../base/failure.js";
import type { Logger } from "../base/logger.js";
import type { Destination } from "../config/destination.js";
import type { DynamicForwardSpec, ForwardSpec, LocalForwardSpec } from "../config/tunnel-spec.js";
import { bridge } from "./bridge.js";
import { newCounters } from "./counters.js";
import type { Forward } from "./forward.js";
import { OfflineDesk } from "./offline/offline-desk.js";
import type { Absence } from "./offline/offline-page.js";
import type { BusyPolicy } from "./place/busy-policy.js";
import { LocalAddress } from "./place/local-address.js";
import { LocalSocket } from "./place/local-socket.js";
import { reset } from "./reset.js";
import { receiveSocks } from "./socks/receive.js";
import type { Visitor } from "./visitor.js";
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
 * The local end of a local or dynamic forward. It holds its address from `open` to `close`, whatever the SSH session does
 * meanwhile; each connection gets a channel of its own, or waits for the session that can give it one.
 */
export class ForwardListener implements Forward {
  spec: LocalForwardSpec | DynamicForwardSpec;
  readonly counters = newCounters();
  readonly #room: WaitingRoom;
  readonly #onSlowDial: () => void;
  readonly #log: Logger;
  readonly #offlineDesk: OfflineDesk;
  readonly #clients = new Set<Socket>();
  readonly #end: LocalAddress | LocalSocket;
  /** Why it could not listen when it was last to do so. */
  #bindFailure: Failure | undefined;

  constructor(spec: LocalForwardSpec | DynamicForwardSpec, { room, onSlowDial, absence, busyPolicy, log }: ListenerContext) {
    this.spec = spec;
    this.#room = room;
    this.#onSlowDial = onSlowDial;
    this.#log = log;
    this.#offlineDesk = new OfflineDesk(absence, log);
    const isInUse = () => this.counters.open > 0 || this.counters.waiting > 0;
    const serve = (client: Socket) => void this.#serve(client);
    this.#end = isSocketPath(spec.bind) ? new LocalSocket(spec.bind, serve) : new LocalAddress(spec.bind, serve, isInUse, busyPolicy);
  }

  get isOpen(): boolean {
    return this.#end.place !== undefined;
  }

  get bind(): Endpoint {
    return this.#end.place?.bind ?? this.spec.bind;
  }

  get warnings(): readonly string[] {
    const { displacedBy, twinFailure } = this.#end.place ?? {};
    const where = formatEndpoint(this.bind);
    return [
      isPublic(this.bind) ? `${where} is open to other machines (allowLan)` : undefined,
      displacedBy && `${displacedBy.message}; this forward is at ${where} meanwhile`,
      twinFailure && `${twinFailure.message}; a browser's "localhost" may go there`,
    ].filter((warning) => warning !== undefined);
  }

  async open(): Promise<void> {
    try {
      await this.#end.open();
      this.#bindFailure = undefined;
    } catch (error) {
      this.#bindFailure = asFailure(error);
      throw error;
    }
  }

  openIfFree(): Promise<boolean> {
    return this.#end.openIfFree();
  }

  /** The waiting room has the session. */
  async attach(): Promise<void> {}

  detach(): void {}

  async listens(): Promise<void> {
    if (this.isOpen || (await this.openIfFree())) return;
    throw this.#bindFailure ?? new Failure("port-busy", `${formatEndpoint(this.bind)} cannot be listened on`);
  }

  close(): void {
    this.#end.close();
    for (const client of this.#clients) reset(client);
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
    const visitor = this.spec.kind === "local" ? this.#visitorTo(this.spec, client) : await receiveSocks(client, this.#log);
    if (visitor === undefined) return;
    try {
      const channel = await this.#dial(visitor.to, left.signal);
      visitor.welcome();
      await bridge(client, channel, this.counters);
    } catch (error) {
      const failure = asFailure(error);
      visitor.dismiss(failure);
      if (left.signal.aborted || failure instanceof TurnedAway) return;
      this.counters.refused += 1;
      this.#log.debug({ event: "forward.refused", code: failure.code }, failure.message);
    }
  }

  #visitorTo(spec: LocalForwardSpec, client: Socket): Visitor {
    return {
      to: spec.to,
      welcome: () => {},
      dismiss: (failure) => {
        if (failure instanceof TurnedAway) void this.#offlineDesk.receive(client, failure, spec);
        else reset(client);
      },
    };
  }

  /** A channel to the destination. Nothing of what is for that was read from the client yet: a session that dies costs only time. */
  async #dial(to: Destination, signal: AbortSignal): Promise<Duplex> {
    this.counters.waiting += 1;
    try {
      for (;;) {
        const session = await this.#room.enter(signal);
        const slow = setTimeout(this.#onSlowDial, slowDialMs);
        try {
          return await session.dial(to, signal);
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

function isPublic(bind: ForwardSpec["bind"]): boolean {
  return !isSocketPath(bind) && !isLoopback(bind.host);
}
