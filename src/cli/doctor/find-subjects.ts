import type { DaemonClient } from "../../api/client.js";
import { Failure } from "../../base/failure.js";
import type { Config } from "../../config/parse.js";
import { plainLogin } from "../../config/plain-login.js";
import { resolveTunnel } from "../../config/resolve.js";
import { parseTarget } from "../../config/target.js";
import type { TunnelSpec } from "../../config/tunnel-spec.js";
import type { TunnelStatus } from "../../tunnel/status.js";

/** A tunnel, or a host to log in to as `up HOST` would. */
export interface Subject {
  readonly name: string;
  /** The whole tunnel; for a host what it would be. */
  readonly spec: TunnelSpec;
  readonly isTunnel: boolean;
  readonly status: TunnelStatus | null;
}

export interface Known {
  /** Undefined when it cannot be read. */
  readonly config: Config | undefined;
  readonly statuses: readonly TunnelStatus[];
  readonly daemon: Pick<DaemonClient, "tunnel">;
}

/** What the names mean; all tunnels without any. Throws `target-invalid` for a name that neither a tunnel nor a host can have. */
export async function findSubjects(names: readonly string[], { config, statuses, daemon }: Known): Promise<Subject[]> {
  const all = [...new Set([...(config?.tunnels.keys() ?? []), ...statuses.map(({ name }) => name)])];
  const wanted = (names.length === 0 ? all : names).filter((name) => config !== undefined || all.includes(name) || isSurelyHost(name));
  return Promise.all(
    wanted.map(async (name): Promise<Subject> => {
      const status = statuses.find((each) => each.name === name) ?? null;
      const saved = config?.tunnels.get(name);
      if (saved !== undefined) return { name, spec: saved, isTunnel: true, status };
      if (status === null) return { name, spec: hostSpec(name), isTunnel: false, status };
      // An older daemon does not tell.
      const told = await daemon.tunnel(name).catch(() => null);
      return { name, spec: told?.spec ?? { ...hostSpec(status.target), forwards: [] }, isTunnel: true, status };
    }),
  );
}

/** With a config that cannot be read, a plain word may be the name of a tunnel in it. */
const isSurelyHost = (name: string): boolean => /[@:.]/.test(name);

/** What `up HOST` would open. Throws `target-invalid`. */
function hostSpec(target: string): TunnelSpec {
  const login = plainLogin(parseTarget(target));
  const resolved = resolveTunnel(target, { target, preset: "openclaw" });
  if (!("spec" in resolved)) throw resolved.problems[0]?.failure ?? new Failure("target-invalid", `"${target}" is not a target`);
  return { ...resolved.spec, login };
}
