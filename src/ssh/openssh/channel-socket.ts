import type { Socket } from "node:net";

interface ChannelWatch {
  /** Whether the ssh still runs. */
  isAlive(): Promise<boolean>;
  onRead(bytes: number): void;
}

/**
 * A unix socket that a channel of ssh ends at. When an ssh dies its sockets end just as if the other side had ended each stream,
 * and a stream cut short must not look like one that came to its end: so the end is passed on only after `isAlive` has said that
 * the ssh still ran when the end had come.
 */
export function watchReads(socket: Socket, { isAlive, onRead }: ChannelWatch): void {
  const push = socket.push.bind(socket);
  socket.push = (chunk: Buffer | null) => {
    if (chunk !== null) {
      onRead(chunk.length);
      return push(chunk);
    }
    void isAlive().then((isTrue) => {
      // When it is not, the session ends, and its channels with an error.
      if (!isTrue || socket.destroyed) return;
      push(null);
      socket.read(0);
    });
    return false;
  };
}

/** The sockets of a session, and the bytes that went through them. */
export class ChannelSockets {
  readonly #open = new Set<Socket>();
  #closedReceivedBytes = 0;
  #closedSentBytes = 0;

  get size(): number {
    return this.#open.size;
  }

  add(socket: Socket): void {
    this.#open.add(socket);
    // Whoever uses it listens as well; an error that comes when nobody does must not end the daemon.
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#open.delete(socket);
      this.#closedReceivedBytes += socket.bytesRead;
      this.#closedSentBytes += sentBytes(socket);
    });
  }

  totals(): {
    readonly receivedBytes: number;
    readonly sentBytes: number;
    readonly unsentBytes: number;
    readonly unconfirmedBytes: number;
  } {
    const open = [...this.#open];
    const sum = (bytesOf: (socket: Socket) => number) => open.reduce((total, socket) => total + bytesOf(socket), 0);
    return {
      receivedBytes: this.#closedReceivedBytes + sum((socket) => socket.bytesRead),
      sentBytes: this.#closedSentBytes + sum(sentBytes),
      unsentBytes: sum((socket) => socket.writableLength),
      unconfirmedBytes: sum((socket) => Math.min(sentBytes(socket), windowBytes)),
    };
  }

  /** Each with the error, before it could take its end for a true one. */
  destroy(error: Error): void {
    for (const socket of this.#open) socket.destroy(error);
  }
}

/** What OpenSSH's channels may have on the way (channels.h). ssh does not tell how much of it has been read: this is the most. */
const windowBytes = 2 * 1024 * 1024;

function sentBytes(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength;
}
