import { type Address, formatAddress, isSocketPath } from "../../base/address.js";
import { asFailure, type Failure } from "../../base/failure.js";
import type { TunnelSpec } from "../../config/tunnel-spec.js";
import { listen, loopbackTwin } from "../../forward/place/bind.js";
import { findPortOwner, type PortOwner } from "../../forward/port-owner/port-owner.js";
import type { TunnelStatus } from "../../tunnel/status.js";
import type { PortFacts } from "./facts.js";

/** Whose the local addresses of a tunnel are. One that is nobody's is taken for an instant, to see that it can be. */
export async function lookAtPorts(spec: TunnelSpec, status: TunnelStatus | null, daemonPid: number | null): Promise<PortFacts[]> {
  const binds = spec.forwards.flatMap((forward) => (forward.kind === "remote" || isSocketPath(forward.bind) ? [] : [forward.bind]));
  return Promise.all(binds.map((bind) => lookAtPort(bind, status, daemonPid)));
}

async function lookAtPort(bind: Address, status: TunnelStatus | null, daemonPid: number | null): Promise<PortFacts> {
  const text = formatAddress(bind);
  const forward = status?.forwards.find(({ kind, wantedBind }) => kind !== "remote" && wantedBind === text);
  const isHeld = forward?.listening === true;
  const isOurs = isHeld && forward.bind === text;
  const failure = isOurs ? undefined : await tryToListen(bind);
  const isMoved = isHeld && !isOurs;
  const owner = failure?.code === "port-busy" ? await findPortOwner(bind.port, bind.host) : undefined;
  return {
    bind: text,
    port: bind.port,
    isOurs,
    movedTo: isMoved ? forward.bind : null,
    failure: failure?.report() ?? null,
    // Moved out of the way of another tunnel of the same daemon, which nobody is to end.
    owner: owner === undefined || (isMoved && owner.pid === daemonPid) ? null : owner,
    twin: await lookAtTwin(bind, daemonPid),
  };
}

/** A machine without IPv6 has no twin that anybody could be sent to. */
async function lookAtTwin(bind: Address, daemonPid: number | null): Promise<PortFacts["twin"]> {
  const twin = loopbackTwin(bind);
  if (twin === undefined || (await tryToListen(twin))?.code !== "port-busy") return null;
  const owner: PortOwner | undefined = await findPortOwner(twin.port, twin.host);
  const isDaemons = owner !== undefined && owner.pid === daemonPid;
  return isDaemons ? null : { bind: formatAddress(twin), owner: owner ?? null };
}

async function tryToListen(bind: Address): Promise<Failure | undefined> {
  try {
    const server = await listen(bind, (client) => client.destroy());
    await new Promise((resolve) => server.close(resolve));
    return undefined;
  } catch (error) {
    return asFailure(error);
  }
}
