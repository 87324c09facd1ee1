import { Failure } from "../../base/failure.js";
import type { RemoteHost } from "../../ssh/session.js";

/** A TCP socket that listens on the server. */
export interface ServerListener {
  /** As the kernel has it: `0.0.0.0`, `::` and `*` are every address. */
  readonly host: string;
  readonly port: number;
  /** Null where the account may not see whose it is. */
  readonly pid: number | null;
  readonly command: string | null;
  readonly user: string | null;
  /** The line that it was read from. */
  readonly evidence: string;
}

export interface ServerListeners {
  /** What told: the kernel's tables know no process for another user's socket. */
  readonly by: "ss" | "proc" | "netstat" | "lsof";
  readonly listeners: readonly ServerListener[];
}

/**
 * Everything that listens on one of `ports` on the server, by the first of ss, /proc/net/tcp, netstat and lsof that can tell. One
 * command. Rejects with `exec-refused`, or `exec-failed` when none of them can.
 */
export async function lookAtListeners(_host: RemoteHost, ports: readonly number[], _signal: AbortSignal): Promise<ServerListeners> {
  throw new Failure("internal", `not yet: ${ports.length}`);
}
