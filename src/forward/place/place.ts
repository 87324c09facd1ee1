import type { Server, Socket } from "node:net";
import type { Address } from "../../base/address.js";
import { asFailure, type Failure } from "../../base/failure.js";
import { listen, listenIfFree, loopbackTwin } from "./bind.js";
import type { BusyPolicy } from "./busy-policy.js";

/** Where a forward listens: the address it wants, or another port in its place; and the loopback twin, if that could be had. */
export interface Place {
  readonly bind: Address;
  readonly servers: readonly Server[];
  /** Why the twin address (`[::1]` beside `127.0.0.1`) is not ours, if it is not. */
  readonly twinFailure: Failure | undefined;
  /** Why `bind` is not the wanted address, if it is not. */
  readonly displacedBy: Failure | undefined;
}

type OnConnection = (client: Socket) => void;

/** Takes `wanted`, or what `policy` makes of its being busy. Throws `port-busy`, `bind-denied` or `bind-unavailable`. */
export async function findPlace(wanted: Address, onConnection: OnConnection, policy: BusyPolicy): Promise<Place> {
  const reserved = policy.reservation(wanted);
  if (reserved !== undefined) return findOther(wanted, reserved, onConnection, policy);
  try {
    return await withTwin(wanted, await listen(wanted, onConnection), onConnection);
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code !== "port-busy") throw failure;
    const left = await policy.onBusy(wanted, failure);
    // Who had it may be gone: ended just now, or while it was looked for.
    const home = await takeIfFree(wanted, onConnection);
    if (home !== undefined) return home;
    return findOther(wanted, left, onConnection, policy);
  }
}

/** Another port in its place. Throws why the wanted one is not had when there is none. */
async function findOther(wanted: Address, displacedBy: Failure, onConnection: OnConnection, policy: BusyPolicy): Promise<Place> {
  const away = await takeFirst(wanted, policy.alternatives(wanted), onConnection);
  if (away === undefined) throw displacedBy;
  return { ...away, displacedBy };
}

/** Takes `bind` if that can be done at once. Who has it otherwise is not looked for, which would cost much more. */
export async function takeIfFree(bind: Address, onConnection: OnConnection): Promise<Place | undefined> {
  const server = await listenIfFree(bind, onConnection);
  return server && withTwin(bind, server, onConnection);
}

/** The same place with its twin address, if that is free now. */
export async function takeTwinIfFree(place: Place, onConnection: OnConnection): Promise<Place | undefined> {
  const twin = loopbackTwin(place.bind);
  const server = twin && (await listenIfFree(twin, onConnection));
  return server && { ...place, servers: [...place.servers, server], twinFailure: undefined };
}

/** Stops listening; connections that stand are left alone. */
export function leavePlace(place: Place | undefined): void {
  for (const server of place?.servers ?? []) server.close();
}

/** The first port that is free with its twin, or else the first that is free without. */
async function takeFirst(wanted: Address, ports: readonly number[], onConnection: OnConnection): Promise<Place | undefined> {
  let half: Place | undefined;
  for (const port of ports) {
    const place = await takeIfFree({ ...wanted, port }, onConnection);
    if (place === undefined) continue;
    if (place.twinFailure === undefined) {
      leavePlace(half);
      return place;
    }
    if (half === undefined) half = place;
    else leavePlace(place);
  }
  return half;
}

async function withTwin(bind: Address, server: Server, onConnection: OnConnection): Promise<Place> {
  const place = { bind, servers: [server], twinFailure: undefined, displacedBy: undefined };
  const twin = loopbackTwin(bind);
  if (twin === undefined) return place;
  try {
    return { ...place, servers: [server, await listen(twin, onConnection)] };
  } catch (error) {
    // A machine without IPv6 has no ::1 that anybody could be sent to.
    const failure = asFailure(error);
    return { ...place, twinFailure: failure.code === "bind-unavailable" ? undefined : failure };
  }
}
