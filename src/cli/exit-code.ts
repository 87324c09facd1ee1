import type { FailureCode } from "../base/failure-catalogue.js";
import type { TunnelStatus } from "../tunnel/status.js";

/** The exit codes that scripts and monitors depend on. */
export const exitCode = { done: 0, failed: 1, misused: 2, noDaemon: 3, healing: 4, needsPerson: 5 } as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

const misuse: ReadonlySet<FailureCode> = new Set([
  "usage",
  "target-invalid",
  "forward-invalid",
  "bind-public",
  "name-invalid",
  "name-taken",
  "port-taken",
  "tunnel-unknown",
  "tunnel-down",
  "request-invalid",
  "source-unknown",
]);

export function exitCodeOfFailure(code: FailureCode): ExitCode {
  if (code === "daemon-not-running") return exitCode.noDaemon;
  return misuse.has(code) ? exitCode.misused : exitCode.failed;
}

/**
 * 0 when all are verified, 5 when one needs a person, else 4. A tunnel that was taken down is only waited for by those who name
 * it, and then only a person can help.
 */
export function exitCodeOfTunnels(tunnels: readonly TunnelStatus[], areNamed: boolean): ExitCode {
  const wanted = areNamed ? tunnels : tunnels.filter(({ phase }) => phase !== "stopped");
  const needsPerson = ({ phase, prompt }: TunnelStatus) => phase === "held" || phase === "stopped" || prompt?.kind === "secret";
  if (wanted.some(needsPerson)) return exitCode.needsPerson;
  return wanted.every(({ health }) => health === "verified") ? exitCode.done : exitCode.healing;
}
