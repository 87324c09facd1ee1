import type { Socket } from "node:net";

/** Ends a connection so that its peer hears of it as an error. A unix socket knows no reset, and Node throws when asked for one. */
export function reset(socket: Socket): void {
  if (socket.localPort === undefined) {
    socket.destroy();
  } else if (socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished) {
    // Node 20 loses a socket that is reset while its end is on the way: it is never closed, and at its exit the process waits for it
    // for ever, on all of one core.
    socket.once("finish", () => socket.resetAndDestroy());
  } else {
    socket.resetAndDestroy();
  }
}
