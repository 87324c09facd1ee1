import { Failure } from "../../base/failure.js";
import type { ServerExamination } from "../../openclaw/examine/report.js";
import type { Supervisor } from "../supervisor.js";

/** The answer to `POST /v1/tunnels/:name/examine`. Throws `tunnel-unknown`, or `session-gone` for a tunnel that is not up. */
export async function examineTunnel(supervisor: Supervisor, name: string, signal: AbortSignal): Promise<ServerExamination> {
  const { runner } = supervisor.tunnel(name);
  const { session, spec } = runner;
  if (session === undefined) throw new Failure("session-gone", `the tunnel "${name}" has no session now`);
  const { examineServer } = await import("../../openclaw/examine/examine-server.js");
  return examineServer(session, spec, signal);
}
