import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../base/clock.js";
import { asFailure, type FailureReport } from "../../base/failure.js";
import type { LoginSpec, TunnelSpec } from "../../config/tunnel-spec.js";
import type { ServerExamination } from "../../openclaw/examine/report.js";
import type { SshEngine } from "../../ssh/session.js";

export interface LogInOutcome {
  readonly failure: FailureReport | null;
  readonly server: ServerExamination | null;
}

/** One log-in with nobody to ask, a look at what is behind it, and goodbye. Never rejects. */
export async function logInOnce(
  login: LoginSpec,
  tunnel: Pick<TunnelSpec, "forwards" | "gatewayProfile">,
  agentSocket: string | undefined,
  signal: AbortSignal,
): Promise<LogInOutcome> {
  // What the system's ssh needs of files is not the daemon's, which would take it for its own.
  const folder = await mkdtemp(join(tmpdir(), "clawtunnel-doctor-"));
  try {
    const [{ unattended }, { examineServer }] = await Promise.all([
      import("../../ssh/unattended.js"),
      import("../../openclaw/examine/examine-server.js"),
    ]);
    const engine = await engineWith(folder);
    const session = await engine.connect(login, { ...unattended, agentSocket }, signal);
    try {
      return { failure: null, server: await examineServer(session, tunnel, signal) };
    } finally {
      session.close();
      await session.ended;
    }
  } catch (error) {
    return { failure: asFailure(error).report(), server: null };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function engineWith(folder: string): Promise<SshEngine> {
  const [{ createSshEngine }, { ssh2Engine }, { createOpensshEngine }, { resolveName }] = await Promise.all([
    import("../../ssh/engine.js"),
    import("../../ssh/ssh2/engine.js"),
    import("../../ssh/openssh/engine.js"),
    import("../../daemon/openclaw/resolve-name.js"),
  ]);
  const names = { resolve: resolveName, clock: systemClock };
  return createSshEngine({ ssh2: ssh2Engine, openssh: createOpensshEngine({ stateDir: folder, runtimeDir: folder }), names });
}
