import { type Server, serverOf } from "../../config/target.js";
import type { LoginSpec } from "../../config/tunnel-spec.js";
import { resolveHost } from "../../ssh/resolve/resolve-host.js";

const wholeLife = new AbortController().signal;

/** Where a log-in leads, by ssh_config; by its target alone where ssh cannot tell. Never rejects. */
export function resolvedServer(login: LoginSpec): Promise<Server> {
  return resolveHost(login, wholeLife).then(
    ({ server }) => server,
    () => serverOf(login.target),
  );
}
