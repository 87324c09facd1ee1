import { onAbort, withDeadline } from "../base/abort.js";
import { Failure } from "../base/failure.js";
import type { TunnelSpec } from "../config/tunnel-spec.js";
import type { SshSession } from "../ssh/session.js";

export interface WaitingLimits {
  readonly waitMs: number;
  readonly guestsMax: number;
}

export function limitsOf({ waitForTunnelMs, waitingConnectionsMax }: TunnelSpec): WaitingLimits {
  return { waitMs: waitForTunnelMs, guestsMax: waitingConnectionsMax };
}

interface Guest {
  readonly admit: (session: SshSession) => void;
  readonly dismiss: (turnedAway: TurnedAway) => void;
}

/** Why a connection gets no session. It says nothing about the service, which was never asked. */
export class TurnedAway extends Failure {
  readonly why: "full" | "too-long" | "shut";

  constructor(why: TurnedAway["why"], { code, message, hint }: Pick<Failure, "code" | "message" | "hint">) {
    super(code, message, { hint });
    this.why = why;
  }
}

type Door =
  | { readonly state: "open"; readonly session: SshSession }
  | { readonly state: "waiting" }
  | { readonly state: "shut"; readonly failure: Failure };

/**
 * Where connections of one tunnel wait for its session: bounded in time and number, served in the order they came.
 * When there is nothing to wait for (held, stopped) they are told at once.
 */
export class WaitingRoom {
  limits: WaitingLimits;
  readonly #guests = new Set<Guest>();
  #door: Door = { state: "waiting" };

  constructor(limits: WaitingLimits) {
    this.limits = limits;
  }

  /** The session, now or when it stands. Rejects with `TurnedAway` when the wait is over, the room is full, or there is nothing to wait for. */
  async enter(signal: AbortSignal): Promise<SshSession> {
    if (this.#door.state === "open") return this.#door.session;
    if (this.#door.state === "shut") throw new TurnedAway("shut", this.#door.failure);
    if (this.#guests.size >= this.limits.guestsMax) throw gone("full", `${this.#guests.size} connections wait already`);
    const tooLong = () => gone("too-long", `there was no session within ${this.limits.waitMs} ms`);
    return withDeadline(this.limits.waitMs, signal, tooLong, (deadline) => this.#wait(deadline));
  }

  /** A session stands: everyone inside is served, in order, and those who come. */
  open(session: SshSession): void {
    this.#door = { state: "open", session };
    // Nobody is given a session that is gone: who dials it would be sent back here without end.
    void session.ended.then(() => {
      if (this.#door.state === "open" && this.#door.session === session) this.wait();
    });
    this.#leave((guest) => guest.admit(session));
  }

  /** There is no session; another is on its way. */
  wait(): void {
    this.#door = { state: "waiting" };
  }

  /** There is nothing to wait for, because of `failure`. */
  shut(failure: Failure): void {
    this.#door = { state: "shut", failure };
    this.#leave((guest) => guest.dismiss(new TurnedAway("shut", failure)));
  }

  #wait(deadline: AbortSignal): Promise<SshSession> {
    return new Promise((resolve, reject) => {
      const guest: Guest = { admit: resolve, dismiss: reject };
      this.#guests.add(guest);
      onAbort(deadline, () => this.#guests.delete(guest));
    });
  }

  #leave(say: (guest: Guest) => void): void {
    const guests = [...this.#guests];
    this.#guests.clear();
    guests.forEach(say);
  }
}

function gone(why: TurnedAway["why"], message: string): TurnedAway {
  return new TurnedAway(why, new Failure("session-gone", message));
}
