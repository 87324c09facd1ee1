import { connect, type Socket } from "node:net";
import { giveBackUnread, lendRead, takeReadBuffer } from "../../base/read-buffers.js";

/** A read of less than this is copied: a buffer for each would be far more memory than a slow reader may cost. */
const copiedBytes = 16 * 1024;

/** Connects to a socket at which ssh listens. What is read may be given back by its reader. */
export function connectChannel(path: string): Socket {
  let buffer = takeReadBuffer();
  const socket: Socket = connect({
    path,
    allowHalfOpen: true,
    onread: {
      buffer: () => buffer,
      callback: (bytes) => {
        if (bytes < copiedBytes) return socket.push(Buffer.from(buffer.subarray(0, bytes)));
        const wantsMore = socket.push(lendRead(buffer, bytes));
        buffer = takeReadBuffer();
        return wantsMore;
      },
    },
  });
  socket.once("close", () => giveBackUnread(buffer));
  return socket;
}
