import { type Address, type Endpoint, formatEndpoint, isLoopback, isSocketPath } from "../base/address.js";
import { Failure } from "../base/failure.js";
import { formatDestination } from "./destination.js";
import { isGatewayForward } from "./is-gateway-forward.js";
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

/** Every forward that wants what another one before it has: on this machine, or on the same server. */
export function sharedBinds(tunnels: readonly TunnelSpec[]): readonly SharedBind[] {
  const all = tunnels.flatMap((tunnel) => tunnel.forwards.map((forward, index) => ({ tunnel, forward, index })));
  return all.flatMap(({ tunnel, forward, index }, position) => {
    const owner = all.slice(0, position).find((other) => forwardsCollide(other.tunnel, other.forward, tunnel, forward))?.tunnel;
    return owner === undefined ? [] : [{ tunnel, index, bind: forward.bind, kind: forward.kind, owner }];
  });
}

/** What `bind` is, where it stands in another sentence. */
export function describeShared({ bind, kind, owner }: SharedBind): string {
  const where = kind === "remote" ? `${formatEndpoint(bind)} on that server` : formatEndpoint(bind);
  return `${where} is already used by the tunnel "${owner.name}"`;
}

/** `port-taken`; for a second gateway with the command that opens it beside the first. */
export function failureOfShared(shared: SharedBind): Failure {
  const { tunnel, index } = shared;
  const forward = tunnel.forwards[index];
  if (forward === undefined || !isGatewayForward(forward)) return new Failure("port-taken", describeShared(shared));
  const words = `-L ${besideOpenclawPort}:${formatDestination(forward.to)} --preset openclaw`;
  return new Failure("port-taken", describeShared(shared), {
    hint: `Give this gateway another local port: \`clawtunnel up ${formatTarget(tunnel.login.target)} ${words}\`.`,
  });
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
