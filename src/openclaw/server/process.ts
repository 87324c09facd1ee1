import { Failure } from "../../base/failure.js";
import type { RemoteHost } from "../../ssh/session.js";
import { readProcesses, shellProcess } from "./processes.js";
import { linesBehind, runScript } from "./run-script.js";

/** How the gateway's process was started: what overrides its file, and who starts it again. */
export interface GatewayProcess {
  readonly pid: number;
  readonly user: string | null;
  /** `--bind X` of its command line. */
  readonly bindFlag: string | null;
  /** OPENCLAW_GATEWAY_BIND of its environment, where that may be read. */
  readonly bindEnv: string | null;
  /** The systemd unit of its cgroup, for instance `openclaw-gateway.service`, and whose manager has it. */
  readonly unit: { readonly name: string; readonly scope: "user" | "system" } | null;
  /** Id of the Docker or Podman container that it runs in. */
  readonly container: string | null;
  /** Whether the server itself is a container (/.dockerenv, /run/.containerenv, lxc): an unset bind is then 0.0.0.0. */
  readonly isServerContainer: boolean;
}

/** Looks at one process on the server. One command. Rejects with `exec-refused`, or `exec-failed` when it is gone or not to be seen. */
export async function lookAtGatewayProcess(host: RemoteHost, pid: number, signal: AbortSignal): Promise<GatewayProcess> {
  return readGatewayProcess(await runScript(host, processScript(pid), signal), pid);
}

/** Prints `c yes` when the server is a container to OpenClaw (2026.9.6, container-environment). */
const shellContainer = `if [ -e /.dockerenv ] || [ -e /run/.containerenv ] || [ -e /var/run/.containerenv ] ||
  grep -qE '/docker/|cri-containerd-[0-9a-f]|containerd/[0-9a-f]{64}|/kubepods[/.]|(^|[^A-Za-z0-9_])lxc([^A-Za-z0-9_]|$)' /proc/1/cgroup 2>/dev/null
then echo 'c yes'; fi`;

/** Pure. Of the process's environment only one variable leaves the server. */
function processScript(pid: number): string {
  return `
${shellProcess}
process ${pid}
${shellContainer}
tr '\\000' '\\n' </proc/${pid}/environ 2>/dev/null | sed -n 's/^OPENCLAW_GATEWAY_BIND=/e /p'
sed 's/^/g /' /proc/${pid}/cgroup 2>/dev/null
sed 's/^/h /' /proc/1/cgroup 2>/dev/null
unit=$(sed -n 's,^.*/\\([^/]*[.]service\\)$,\\1,p' /proc/${pid}/cgroup 2>/dev/null | head -n 1)
case $unit in
'' | user@*) ;;
*) { systemctl --user show -p ExecStart "$unit"; systemctl show -p ExecStart "$unit"; } 2>/dev/null | sed -n 's/^ExecStart=.*argv\\[\\]=\\([^;]*\\);.*/x \\1/p' | head -n 1 ;;
esac`;
}

/** Throws `exec-failed` when there is no such process. Pure. */
export function readGatewayProcess(text: string, pid: number): GatewayProcess {
  const of = (letter: string) => linesBehind(`${letter} `, text);
  const [found] = readProcesses(of("p"));
  if (found === undefined) throw new Failure("exec-failed", `process ${pid} is not on the server any more, or may not be seen`);
  // The gateway writes its title over its arguments (2026.9.6); what its unit starts still has them.
  const argv = found.argv.length > 1 ? found.argv : (of("x")[0] ?? "").split(/\s+/);
  const container = containerOf(of("g"));
  return {
    pid,
    user: found.user,
    bindFlag: flagOf(argv, "--bind"),
    bindEnv: of("e").at(-1) || null,
    unit: unitOf(of("g")),
    container: container === containerOf(of("h")) ? null : container,
    isServerContainer: of("c").length > 0,
  };
}

/** `--bind lan` or `--bind=lan`; the last one counts. */
function flagOf(argv: readonly string[], flag: string): string | null {
  const values = argv.flatMap((word, index) => {
    if (word === flag) return argv[index + 1] ?? [];
    return word.startsWith(`${flag}=`) ? word.slice(flag.length + 1) : [];
  });
  return values.at(-1) ?? null;
}

/** The innermost of a path such as `/user.slice/user-1000.slice/user@1000.service/app.slice/openclaw-gateway.service`. */
function unitOf(cgroups: readonly string[]): GatewayProcess["unit"] {
  const isManager = (part: string) => /^user@\d+\.service$/.test(part);
  for (const line of cgroups) {
    const parts = line.slice(line.lastIndexOf(":") + 1).split("/");
    const name = parts.filter((part) => part.endsWith(".service") && !isManager(part)).at(-1);
    if (name !== undefined) return { name, scope: parts.some(isManager) ? "user" : "system" };
  }
  return null;
}

function containerOf(cgroups: readonly string[]): string | null {
  return /(?:docker|libpod)[-/]([0-9a-f]{12,64})/.exec(cgroups.join("\n"))?.[1] ?? null;
}
