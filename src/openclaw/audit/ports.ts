import { type Endpoint, isLoopback, isSocketPath } from "../../base/address.js";
import type { Destination } from "../../config/destination.js";
import type { ForwardSpec } from "../../config/tunnel-spec.js";
import type { AuditedPort } from "./facts.js";

/**
 * The server's ports that a tunnel's forwards lead to, each once, and the two that a gateway may have beside its own: its sandbox and,
 * before 2026.9, its browser control. What is not on the server's own loopback is another machine's, and none of ours to look at. Pure.
 */
export function portsToAudit(forwards: readonly ForwardSpec[], find: (to: Destination) => Endpoint | undefined): AuditedPort[] {
  const own = forwards.flatMap((forward): AuditedPort[] => {
    const to = forward.kind === "local" ? find(forward.to) : undefined;
    if (to === undefined || isSocketPath(to) || !isLoopback(to.host)) return [];
    return [{ port: to.port, role: isGatewayForward(forward) ? "gateway" : "service" }];
  });
  const beside = own.flatMap(({ port, role }): AuditedPort[] =>
    role === "gateway"
      ? [
          { port: port + 1, role: "sandbox" },
          { port: port + 2, role: "browser" },
        ]
      : [],
  );
  // The main port of one forward may be the neighbour of another, and counts as what it is itself.
  const sorted = [...own.filter(({ role }) => role === "gateway"), ...beside, ...own.filter(({ role }) => role === "service")];
  return sorted.filter(({ port }, index) => port <= 65_535 && sorted.findIndex((other) => other.port === port) === index);
}

/** Whether an OpenClaw gateway is what the forward leads to. */
export function isGatewayForward(forward: ForwardSpec): boolean {
  return forward.kind === "local" && forward.health.check.kind === "openclaw";
}
