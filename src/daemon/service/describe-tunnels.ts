import type { TunnelStatus } from "../../tunnel/status.js";

/** How the tunnels fare, in a few words: `3 of 4 tunnels up; 1 needs a person`. Those that are down on purpose are no part of it. */
export function describeTunnels(tunnels: readonly Pick<TunnelStatus, "phase">[]): string {
  const wanted = tunnels.filter(({ phase }) => phase !== "stopped");
  const up = wanted.filter(({ phase }) => phase === "up");
  const held = wanted.filter(({ phase }) => phase === "held");
  const need = held.length === 0 ? "" : `; ${held.length} ${held.length === 1 ? "needs" : "need"} a person`;
  if (wanted.length === 0) return "no tunnel is wanted up";
  const count = up.length === wanted.length ? `${up.length}` : `${up.length} of ${wanted.length}`;
  return `${count} ${wanted.length === 1 ? "tunnel" : "tunnels"} up${need}`;
}
