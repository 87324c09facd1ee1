import type { Socket } from "node:net";
import { isLoopback, isSocketPath } from "../../base/address.js";
import type { Logger } from "../../base/logger.js";
import type { LocalForwardSpec } from "../../config/tunnel-spec.js";
import { reset } from "../reset.js";
import { sayLast } from "../say-last.js";
import type { TurnedAway } from "../waiting-room.js";
import { endsHead, headMaxBytes, mayBeHttp, type PeekedRequest, peekRequest } from "./http-peek.js";
import { type Absence, renderOffline } from "./offline-page.js";

/** For what lies in the kernel already, or comes with a connection that was just made. */
const peekMs = 500;
/** Who comes while so many are being answered is reset. */
const answersMax = 512;

/** Where the connections of one forward go that no session was there for: HTTP is told so, everything else is reset. */
export class OfflineDesk {
  readonly #absence: () => Absence;
  readonly #log: Logger;
  #answering = 0;

  constructor(absence: () => Absence, log: Logger) {
    this.#absence = absence;
    this.#log = log;
  }

  /** Ends `client`, within a second and a half whatever it does. Nothing was read from it yet. Never rejects. */
  async receive(client: Socket, turnedAway: TurnedAway, { bind, hasOfflinePage }: LocalForwardSpec): Promise<void> {
    this.#log.debug({ event: "forward.turned-away", code: turnedAway.code }, turnedAway.message);
    if (!hasOfflinePage || this.#answering >= answersMax) {
      reset(client);
      return;
    }
    this.#answering += 1;
    const request = await peek(client);
    if (request === undefined || isEventSource(request)) reset(client);
    else {
      const isPublic = (!isSocketPath(bind) && !isLoopback(bind.host)) || !request.isForThisMachine;
      await sayLast(client, renderOffline(this.#absence(), { request, why: turnedAway.why, isPublic }));
    }
    this.#answering -= 1;
  }
}

/** An EventSource comes back by itself after a reset, and never again after a 503 (HTML standard, 9.2.3). */
function isEventSource({ accept }: PeekedRequest): boolean {
  return accept.toLowerCase() === "text/event-stream";
}

/** The request at the beginning of what the client says; undefined when it is none, or the client says nothing in time. */
function peek(client: Socket): Promise<PeekedRequest | undefined> {
  return new Promise((resolve) => {
    const head = Buffer.alloc(headMaxBytes);
    let length = 0;
    const finish = () => {
      clearTimeout(timer);
      client.off("data", read).off("end", finish).off("close", finish);
      resolve(peekRequest(head.subarray(0, length)));
    };
    const read = (chunk: Buffer) => {
      const searchFrom = Math.max(0, length - 2);
      length += chunk.copy(head, length);
      const isEnough = length === head.length || endsHead(head.subarray(searchFrom, length));
      if (isEnough || !mayBeHttp(head.subarray(0, length))) finish();
    };
    // After a turn that was long, what has arrived in it is read before the time is up.
    const timer = setTimeout(() => setImmediate(finish), peekMs);
    client.on("data", read).once("end", finish).once("close", finish);
    if (client.destroyed) finish();
    else client.resume();
  });
}
