import { serverOf } from "../config/target.js";
import type { LoginSpec } from "../config/tunnel-spec.js";
import type { LoginFacts } from "../ssh/session.js";

/** What is taken for true of a target until ssh_config was asked. */
export function presumedFacts({ target, engine }: LoginSpec): LoginFacts {
  const server = serverOf(target);
  return {
    engine: engine === "openssh" ? "openssh" : "ssh2",
    engineReason: null,
    server,
    firstHop: server,
    keepalive: null,
    warnings: [],
  };
}
