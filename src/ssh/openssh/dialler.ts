import { connect, type Socket } from "node:net";
import { onAbort } from "../../base/abort.js";
import { type Endpoint, formatEndpoint } from "../../base/address.js";
import { Failure } from "../../base/failure.js";
import { failureFromRefusal } from "../channel-failure.js";
import { type ChannelEvent, destinationInLog } from "./channel-events.js";

/** A listener's backlog in ssh is 128; a connection beyond that would be refused at once. */
const untakenMax = 100;
/** How long a channel may stand without a word in the log, in a session whose log has said nothing at all yet. */
const speechlessMs = 2_000;
/** A socket may be seen to end before the line that says why is read. */
const lineIsLateMs = 200;

interface Dial {
  readonly to: Endpoint;
  readonly socket: Socket;
  settle(failure?: Failure): void;
}

/**
 * Connects to the sockets at which ssh listens, and learns from ssh's log what became of each channel: that a socket was connected
 * proves nothing. ssh takes the connections to one socket in their order, and says what it took before it says what became of it.
 */
export class Dialler {
  /** Connected, and not taken yet, by destination. */
  readonly #untaken = new Map<string, Dial[]>();
  /** Taken, with no channel yet: at most one at a time. */
  #taken: Dial | undefined;
  readonly #opening = new Map<number, Dial>();
  readonly #dials = new Set<Dial>();
  #onRoom: (() => void)[] = [];
  #hasHeard = false;
  #ended: Failure | undefined;

  /** A channel to `to` through ssh's socket at `path`. */
  async open(to: Endpoint, path: string, signal: AbortSignal, prepare: (socket: Socket) => void): Promise<Socket> {
    while (this.#queue(destinationInLog(to)).length >= untakenMax) {
      await new Promise<void>((resolve) => this.#onRoom.push(resolve));
      signal.throwIfAborted();
    }
    if (this.#ended !== undefined) throw this.#ended;
    return this.#connect(to, path, signal, prepare);
  }

  #connect(to: Endpoint, path: string, signal: AbortSignal, prepare: (socket: Socket) => void): Promise<Socket> {
    const queue = this.#queue(destinationInLog(to));
    return new Promise((resolve, reject) => {
      const socket = connect({ path, allowHalfOpen: true });
      prepare(socket);
      const refuse = (why: string) => () => {
        const failure = new Failure("channel-refused", `ssh gave up the channel to ${formatEndpoint(to)} (${why})`);
        timers.push(setTimeout(() => dial.settle(failure), lineIsLateMs));
      };
      const timers: NodeJS.Timeout[] = [];
      const onClose = refuse("it closed the connection");
      const dial: Dial = {
        to,
        socket,
        settle: (failure) => {
          if (!this.#dials.delete(dial)) return;
          forget();
          for (const timer of timers) clearTimeout(timer);
          socket.off("close", onClose).off("end", onClose);
          if (failure === undefined) return resolve(socket);
          socket.destroy();
          reject(failure);
        },
      };
      this.#dials.add(dial);
      queue.push(dial);
      socket.once("close", onClose).once("end", onClose);
      // One that ssh does not know of must not stand where it takes the next from.
      const leaveQueue = () => queue.splice(queue.indexOf(dial), 1);
      socket.once("error", leaveQueue).once("connect", () => socket.off("error", leaveQueue));
      timers.push(setTimeout(() => this.#trustSilence(dial), speechlessMs));
      // It stays in its queue: ssh will take the connection all the same, and close the channel when it sees its end.
      const forget = onAbort(signal, () => {
        this.#dials.delete(dial);
        for (const timer of timers) clearTimeout(timer);
        socket.destroy();
        reject(signal.reason);
      });
    });
  }

  /** What the log says. */
  hear(event: ChannelEvent): void {
    this.#hasHeard = true;
    if (event.kind === "taken") this.#take(event.destination);
    else if (event.kind === "made") this.#make(event.channel);
    else if (event.kind === "opened") this.#settle(event.channel, () => undefined);
    else this.#settle(event.channel, ({ to }) => failureFromRefusal(event.reason, event.text, formatEndpoint(to)));
  }

  end(failure: Failure): void {
    this.#ended = failure;
    this.#untaken.clear();
    this.#makeRoom();
    for (const dial of [...this.#dials]) dial.settle(failure);
  }

  #take(destination: string): void {
    // What was taken without a channel was not taken: accept(2) failed, and the connection is still the first of its queue.
    if (this.#taken !== undefined) this.#queue(destinationInLog(this.#taken.to)).unshift(this.#taken);
    const queue = this.#queue(destination);
    this.#taken = queue.shift();
    if (queue.length === 0) this.#untaken.delete(destination);
    this.#makeRoom();
  }

  #make(channel: number): void {
    if (this.#taken !== undefined) this.#opening.set(channel, this.#taken);
    this.#taken = undefined;
  }

  #makeRoom(): void {
    const waiting = this.#onRoom;
    this.#onRoom = [];
    for (const tell of waiting) tell();
  }

  #queue(destination: string): Dial[] {
    const queue = this.#untaken.get(destination) ?? [];
    this.#untaken.set(destination, queue);
    return queue;
  }

  #settle(channel: number, verdict: (dial: Dial) => Failure | undefined): void {
    const dial = this.#opening.get(channel);
    this.#opening.delete(channel);
    dial?.settle(verdict(dial));
  }

  /**
   * An ssh whose log is worded in a way that is not known here. Its channels are taken for open while they stand: what is not
   * there then ends at once, and looks like a service that closes the connection. No other choice would let anything through.
   */
  #trustSilence(dial: Dial): void {
    if (!this.#hasHeard) dial.settle();
  }
}
