import { type Address, type Endpoint, formatEndpoint, isLoopback, isSocketPath } from "../base/address.js";
import { Failure } from "../base/failure.js";
import { type Destination, formatDestination } from "./destination.js";
import { isGatewayForward } from "./is-gateway-forward.js";
import { defaultOpenclawPort } from "./openclaw-port.js";
import { formatTarget } from "./target.js";
import type { ForwardSpec, TunnelSpec } from "./tunnel-spec.js";

/** What OpenClaw's own documents use for a tunnel beside another gateway. */
const besideOpenclawPort = 28_789;

/** Two forwards that cannot both listen: the one at `index` of `tunnel`, and one of `owner` before it. */
export interface SharedBind {
  readonly tunnel: TunnelSpec;
  readonly index: number;
  readonly bind: Endpoint;
  readonly kind: ForwardSpec["kind"];
  readonly owner: TunnelSpec;
}

/** Every forward that wants what another one before it has, on this machine or on the same server, and may not stand elsewhere. */
export function sharedBinds(tunnels: readonly TunnelSpec[]): readonly SharedBind[] {
  const all = tunnels.flatMap((tunnel) => tunnel.forwards.map((forward, index) => ({ tunnel, forward, index })));
  return all.flatMap(({ tunnel, forward, index }, position) => {
    const owner = all.slice(0, position).find((other) => forwardsCollide(other.tunnel, other.forward, tunnel, forward))?.tunnel;
    if (owner === undefined) return [];
    const shared = { tunnel, index, bind: forward.bind, kind: forward.kind, owner };
    return givesWay(shared) ? [] : [shared];
  });
}

/** The tunnel to which `bind` is left by the tunnel `name`, which wants it as well: one before it in `tunnels`. */
export function ownerBefore(tunnels: readonly TunnelSpec[], name: string, bind: Address): TunnelSpec | undefined {
  const position = tunnels.findIndex((tunnel) => tunnel.name === name);
  if (tunnels[position]?.onPortBusy !== "next") return undefined;
  const isWantedBy = ({ forwards }: TunnelSpec) => forwards.some((other) => other.kind !== "remote" && bindsCollide(other.bind, bind));
  return tunnels.slice(0, position).find(isWantedBy);
}

/** Whether it takes another port of this machine while its own is busy. */
function givesWay({ tunnel, bind, kind, owner }: SharedBind): boolean {
  return tunnel.onPortBusy === "next" && kind !== "remote" && !isSocketPath(bind) && owner.name !== tunnel.name;
}

/** What `bind` is, where it stands in another sentence. */
export function describeShared({ bind, kind, owner }: Pick<SharedBind, "bind" | "kind" | "owner">): string {
  const where = kind === "remote" ? `${formatEndpoint(bind)} on that server` : formatEndpoint(bind);
  return `${where} is already used by the tunnel "${owner.name}"`;
}

/** `port-taken`; for a second gateway with the command that opens it beside the first. */
export function failureOfShared(shared: SharedBind): Failure {
  const { tunnel, index, bind, kind } = shared;
  const forward = tunnel.forwards[index];
  if (kind === "remote" || isSocketPath(bind)) return new Failure("port-taken", describeShared(shared));
  const next = "or say the same again with `--on-port-busy next`, and it has the next free one";
  if (forward === undefined || !isGatewayForward(forward))
    return new Failure("port-taken", describeShared(shared), { hint: `Choose another local port for one of the two, ${next}.` });
  return new Failure("port-taken", describeShared(shared), {
    hint: `Give this gateway another local port: \`clawtunnel up ${formatTarget(tunnel.login.target)} ${wordsBeside(forward.to)}\`; ${next}.`,
  });
}

/** The options of `up` that lead there from the port that is left for it. */
function wordsBeside(to: Destination): string {
  const localPort = `--local-port ${besideOpenclawPort}`;
  if ("profile" in to) return `${localPort} --remote-port auto${to.profile === null ? "" : ` --profile ${to.profile}`}`;
  if (!("port" in to) || !("host" in to) || to.host !== "127.0.0.1")
    return `-L ${besideOpenclawPort}:${formatDestination(to)} --preset openclaw`;
  return to.port === defaultOpenclawPort(null) ? localPort : `${localPort} --remote-port ${to.port}`;
}

/** The TCP addresses of this machine that these forwards want. */
export function localAddresses(forwards: readonly ForwardSpec[]): readonly Address[] {
  return forwards.flatMap(({ kind, bind }) => (kind === "remote" || isSocketPath(bind) ? [] : [bind]));
}

/** Whether two forwards cannot both be listened on. A loopback forward takes 127.0.0.1 and ::1, a wildcard all of a port. */
export function bindsCollide(one: Endpoint, other: Endpoint): boolean {
  if (isSocketPath(one) || isSocketPath(other)) return isSocketPath(one) && isSocketPath(other) && one.path === other.path;
  // Each forward that leaves the choice to its server gets a port of its own.
  if (one.port !== other.port || one.port === 0) return false;
  const isWildcard = ({ host }: Address) => host === "0.0.0.0" || host === "::" || host === "*";
  return one.host === other.host || isWildcard(one) || isWildcard(other) || (isLoopback(one.host) && isLoopback(other.host));
}

/** A bind of the server is another one than the same bind here; two ways to write one server are not told apart from two servers. */
function forwardsCollide(tunnel: TunnelSpec, forward: ForwardSpec, otherTunnel: TunnelSpec, other: ForwardSpec): boolean {
  const isThere = forward.kind === "remote";
  if (isThere !== (other.kind === "remote") || !bindsCollide(forward.bind, other.bind)) return false;
  return !isThere || formatTarget(tunnel.login.target) === formatTarget(otherTunnel.login.target);
}
