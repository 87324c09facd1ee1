import type { Socket } from "node:net";

/** Ends a connection so that its peer hears of it as an error. A unix socket knows no reset, and Node throws when asked for one. */
export function reset(socket: Socket): void {
  if (socket.localPort === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
