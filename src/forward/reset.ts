import type { Socket } from "node:net";

/** Ends a connection so that its peer hears of it as an error. A unix socket knows no reset, and Node throws when asked for one. */
export function reset(socket: Socket): void {
  if (socket.localPort === undefined) socket.destroy();
  else if (isShuttingDown(socket)) socket.once("finish", () => socket.resetAndDestroy());
  else socket.resetAndDestroy();
}

/**
 * From `end()` to the next turn of the loop, with nothing left to write. A reset in between never closes the socket: libuv refuses it
 * (uv_tcp_close_reset), Node 20 takes it for closed, and then waits for that without end when the process is to exit.
 */
function isShuttingDown(socket: Socket): boolean {
  return !socket.destroyed && socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
}
