import type { AuditedPort, AuditFacts } from "./facts.js";

/** What the looks that decide came to, beside whether something answers through the tunnel at this moment. */
type Looks = Pick<AuditFacts, "ports" | "listeners" | "reach"> & { readonly isAnswering: boolean };

/**
 * Takes back a look that proves nothing: a server on which nobody listens where somebody has just answered, and dials of which none
 * was answered while, for all that could be seen, there was nobody to answer. Pure.
 */
export function believe({ ports, listeners, reach, isAnswering }: Looks): Pick<AuditFacts, "listeners" | "reach"> {
  const own = ports.filter(isOwn).map(({ port }) => port);
  if ("seen" in listeners && isAnswering && !listeners.seen.listeners.some(({ port }) => own.includes(port))) {
    const why = `${listeners.seen.by} shows nothing that listens on ${own.join(", ")}, where something has just answered through the tunnel`;
    return { listeners: { notSeen: why }, reach };
  }
  const isSilent = "seen" in reach && reach.seen.every(({ answer }) => answer === "nothing");
  if ("notSeen" in listeners && isSilent && !isAnswering) {
    return { listeners, reach: { notSeen: "nothing answered, and nothing answers through the tunnel either" } };
  }
  return { listeners, reach };
}

function isOwn({ role }: AuditedPort): boolean {
  return role === "gateway" || role === "service";
}
