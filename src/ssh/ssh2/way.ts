import { withDeadline } from "../../base/abort.js";
import { Failure } from "../../base/failure.js";
import { formatServer } from "../../config/target.js";
import type { HostConfig } from "../host-config.js";
import type { HostSession } from "../session.js";
import { type Line, RelayedLine } from "./line.js";
import { openProxy } from "./proxy-command.js";
import { openSocket } from "./socket.js";

/** How one comes to a host. */
export interface Way {
  /** The hosts to go through, in order. */
  readonly jumps: readonly HostConfig[];
  readonly proxyCommand: string | null;
}

/** Logs in to a jump host that is come to by `way`. */
export type OpenJump = (host: HostConfig, way: Way) => Promise<HostSession>;

/** A line to the host's own SSH port: a socket, a ProxyCommand, or a channel of the last jump host. */
export async function openWay(
  host: HostConfig,
  { jumps, proxyCommand }: Way,
  openJump: OpenJump,
  agentSocket: string | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Line> {
  const jump = jumps.at(-1);
  if (jump === undefined) {
    return proxyCommand === null ? openSocket(host, timeoutMs, signal) : openProxy(proxyCommand, formatServer(host.server), agentSocket);
  }
  const before = jumps.slice(0, -1);
  // As with `ssh -J`: the hosts of the list come in place of the ways that the later ones have of their own.
  const way = before.length === 0 ? jump : { jumps: before, proxyCommand: null };
  const session = await openJump(jump, way).catch((error: unknown) => Promise.reject(atJump(jump, error)));
  return lineThrough(session, jump, host, timeoutMs, signal);
}

/** The jump host's session ends with the line; a loss of it is told by the channel. */
async function lineThrough(
  session: HostSession,
  jump: HostConfig,
  host: HostConfig,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Line> {
  const where = formatServer(jump.server);
  const timedOut = () =>
    new Failure("jump-failed", `the jump host ${where} had no answer of ${formatServer(host.server)} within ${timeoutMs} ms`);
  try {
    const channel = await withDeadline(timeoutMs, signal, timedOut, (deadline) => session.dial(host.server, deadline));
    const line = new RelayedLine({
      input: channel,
      output: channel,
      explain: (error) => atJump(jump, error),
      unsentBytes: () => session.traffic().unsentBytes,
      release: () => {
        channel.destroy();
        session.close();
      },
    });
    channel.once("end", () => line.endReading());
    return line;
  } catch (error) {
    session.close();
    throw cannotReach(jump, host, error);
  }
}

/** The codes of a dial are about services behind a forward; here it is the next server that is not reached. */
function cannotReach(jump: HostConfig, host: HostConfig, error: unknown): unknown {
  const isUnreached = error instanceof Failure && (error.code === "service-refused" || error.code === "service-unreachable");
  if (!isUnreached) return atJump(jump, error);
  return new Failure(
    "jump-failed",
    `the jump host ${formatServer(jump.server)} cannot reach ${formatServer(host.server)}: ${error.message}`,
    {
      cause: error,
    },
  );
}

/** Says at which host it was; what is said of a host farther off is said already. */
function atJump<T>(jump: HostConfig, error: T): T | Failure {
  if (!(error instanceof Failure) || /^(?:at )?the jump host /.test(error.message)) return error;
  const { code, hint, message } = error;
  return new Failure(code, `at the jump host ${formatServer(jump.server)}: ${message}`, { hint, cause: error });
}
