import { formatTarget, serverOf } from "../config/target.js";
import type { LoginSpec } from "../config/tunnel-spec.js";
import type { LoginFacts } from "../ssh/session.js";

/** What a tunnel knows of a log-in of its own. */
export interface TunnelFacts extends LoginFacts {
  /** Which of the tunnel's targets it leads to, or is tried: its place among them. */
  readonly targetIndex: number;
}

/** What is taken for true of a target until ssh_config was asked. */
export function presumedFacts({ target, engine }: LoginSpec): TunnelFacts {
  return {
    engine: engine === "openssh" ? "openssh" : "ssh2",
    engineReason: null,
    target: formatTarget(target),
    firstHop: serverOf(target),
    keepalive: null,
    warnings: [],
    targetIndex: 0,
  };
}
