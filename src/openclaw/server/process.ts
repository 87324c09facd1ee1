import { Failure } from "../../base/failure.js";
import type { RemoteHost } from "../../ssh/session.js";

/** How the gateway's process was started: what overrides its file, and who starts it again. */
export interface GatewayProcess {
  readonly pid: number;
  /** Ticks since boot, field 22 of proc(5) stat: together with the pid it is this process and no later one. Null where there is no /proc. */
  readonly startedTicks: string | null;
  readonly user: string | null;
  /** `--bind X` of its command line. */
  readonly bindFlag: string | null;
  readonly portFlag: number | null;
  /** OPENCLAW_GATEWAY_BIND and OPENCLAW_GATEWAY_PORT of its environment, where that may be read. */
  readonly bindEnv: string | null;
  readonly portEnv: number | null;
  /** The systemd unit of its cgroup, for instance `openclaw-gateway.service`, and whose manager has it. */
  readonly unit: { readonly name: string; readonly scope: "user" | "system" } | null;
  /** Id of the Docker or Podman container that it runs in. */
  readonly container: string | null;
  /** Whether the server itself is a container (/.dockerenv, /run/.containerenv, lxc): an unset bind is then 0.0.0.0. */
  readonly isServerContainer: boolean;
}

/** Looks at one process on the server. One command. Rejects with `exec-refused`, or `exec-failed` when it is gone or not to be seen. */
export async function lookAtGatewayProcess(_host: RemoteHost, pid: number, _signal: AbortSignal): Promise<GatewayProcess> {
  throw new Failure("internal", `not yet: ${pid}`);
}
