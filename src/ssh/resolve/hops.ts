import { Failure } from "../../base/failure.js";
import { parseTarget, type Target, userProblem } from "../../config/target.js";
import type { LoginSpec } from "../../config/tunnel-spec.js";
import type { SshDump } from "./ssh-dump.js";
import { expandTokens } from "./tokens.js";

/**
 * The log-in to the last of the hosts to go through, which is led through those before it: as `ssh -J a,b host` runs `ssh -J a b`.
 * Where there are none before it, its own configuration says how to come there. It is asked for with the same files, and nothing
 * of what was said for the target. Undefined without a jump host.
 */
export function lastHop(login: LoginSpec, dump: SshDump): LoginSpec | undefined {
  const written = dump.get("proxyjump")?.[0] ?? "none";
  if (written === "none" || written === "") return undefined;
  const one = (key: string) => dump.get(key)?.[0] ?? "";
  const tokens = { "%": "%", h: one("hostname"), n: login.target.host, p: one("port"), r: one("user") };
  const words = expandTokens(written, tokens).split(",");
  const last = words.pop() ?? "";
  return { ...login, target: parseHop(last), jump: words, identities: [], options: [], connectTimeoutMs: null };
}

/** `[user@]host[:port]`, or the same as an `ssh://` address. Throws `ssh-config-invalid`. */
export function parseHop(word: string): Target {
  try {
    if (!/^ssh:\/\//i.test(word)) return parseTarget(word);
    const target = parseTarget(word.slice("ssh://".length).replace(/\/$/, ""));
    const user = target.user === null ? null : decodeURIComponent(target.user);
    const problem = user === null ? undefined : userProblem(user);
    if (problem !== undefined) throw new Failure("target-invalid", `the user ${problem}`);
    return { ...target, user };
  } catch (error) {
    throw new Failure("ssh-config-invalid", `"${word}" is no jump host: ProxyJump is [user@]host[:port], several with commas between`, {
      cause: error,
    });
  }
}
