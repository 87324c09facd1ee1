import { formatTarget, serverOf } from "../config/target.js";
import type { LoginSpec } from "../config/tunnel-spec.js";
import type { LoginFacts } from "../ssh/session.js";

/** What is taken for true of a target until ssh_config was asked. */
export function presumedFacts({ target, engine }: LoginSpec): LoginFacts {
  return {
    engine: engine === "openssh" ? "openssh" : "ssh2",
    engineReason: null,
    target: formatTarget(target),
    firstHop: serverOf(target),
    keepalive: null,
    warnings: [],
  };
}
