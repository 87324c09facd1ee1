import { isObject } from "../base/is-object.js";
import { startGateway } from "./gateway.js";
import { type SshServerOptions, startSshServer } from "./ssh-server.js";

/** The first message to this program, sent over the IPC channel of fork or spawn. */
export interface StartRequest {
  readonly authorizedKey: string;
  readonly sshPort?: number;
  readonly hostKey?: string;
}

/** Its answer. A start that fails ends the process with an exit code other than 0 and the reason on stderr. */
export interface StartAnswer {
  readonly sshPort: number;
  readonly gatewayPort: number;
  readonly hostKeyPublic: string;
  readonly hostKeyPrivate: string;
}

/** Each later message. `cut` is answered with a CutAnswer, `close` by the end of the process. */
export interface Order {
  readonly do: "cut" | "close";
}

export interface CutAnswer {
  readonly cut: number;
}

process.once("message", (request) => void serve(readStart(request)));

async function serve(options: SshServerOptions): Promise<void> {
  const gateway = await startGateway();
  const ssh = await startSshServer(options);
  // Nothing keeps the process alive once the servers and the IPC channel are closed: it exits 0 by itself.
  const close = async () => {
    await ssh.close();
    await gateway.close();
    if (process.connected) process.disconnect();
  };
  if (!process.connected) return close();
  process.once("disconnect", () => void close());
  process.on("message", (order) => {
    if (!isObject(order)) return;
    if (order.do === "cut") reply({ cut: ssh.cutSessions() });
    if (order.do === "close") void close();
  });
  const { hostKeyPublic, hostKeyPrivate } = ssh;
  reply({ sshPort: ssh.port, gatewayPort: gateway.port, hostKeyPublic, hostKeyPrivate });
}

function reply(answer: StartAnswer | CutAnswer): void {
  if (process.connected) process.send?.(answer);
}

function readStart(request: unknown): SshServerOptions {
  if (!isObject(request) || typeof request.authorizedKey !== "string") throw new TypeError("the first message must hold authorizedKey");
  const { authorizedKey, sshPort, hostKey } = request;
  return {
    authorizedKey,
    ...(typeof sshPort === "number" && { port: sshPort }),
    ...(typeof hostKey === "string" && { hostKey }),
  };
}
