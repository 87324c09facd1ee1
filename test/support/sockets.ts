import { createHash } from "node:crypto";
import type { Socket } from "node:net";

export function hash(bytes: Buffer | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The hash of everything until the end; rejects when the stream is cut. Leaves the other direction open. */
export function hashAll(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const sum = createHash("sha256");
    socket.on("data", (chunk: Buffer) => sum.update(chunk));
    socket.once("end", () => resolve(sum.digest("hex")));
    socket.once("error", reject);
  });
}

/** The error code with which a socket is cut; `end` when it ended as if all had been said. */
export function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once("end", () => resolve("end"));
    socket.resume();
  });
}
