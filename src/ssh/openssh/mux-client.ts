import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { FrameReader, u32 } from "../wire.js";
import { type MuxReply, muxHello, muxVersion, readMuxReply } from "./mux-messages.js";

type Answered = Exclude<MuxReply, { kind: "hello" } | { kind: "unknown" }>;

/** One connection to an ssh's control socket. What it asks is answered by that ssh alone; the server is not asked. */
export class MuxClient {
  /** Resolves when the connection ends: the ssh has, too, unless `end` was called. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, { resolve(reply: Answered): void; reject(error: Error): void }>();
  #nextId = 1;
  #isClosed = false;
  #reader = new FrameReader();
  #onFrame = (frame: Buffer) => this.#answer(readMuxReply(frame));

  /** Resolves when the ssh has greeted: the log-in stands. Rejects when nothing listens there yet. */
  static async connect(path: string): Promise<MuxClient> {
    const socket = connect(path);
    await once(socket, "connect");
    const client = new MuxClient(socket);
    await client.#greet();
    return client;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const frame of this.#reader.feed(chunk)) this.#onFrame(frame);
      } catch {
        // Not what the protocol says: an end as good as any.
        socket.destroy();
      }
    });
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#isClosed = true;
        for (const { reject } of this.#waiting.values()) reject(new Error("the control socket was closed"));
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Asks, and gives the reply to that. Rejects when the connection ends. */
  ask(encode: (requestId: number) => Buffer): Promise<Answered> {
    const requestId = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new Error("the control socket is closed"));
      this.#waiting.set(requestId, { resolve, reject });
      this.#socket.write(encode(requestId));
    });
  }

  /** From now on every message that comes is given to `onFrame`, and may be answered by `send`. */
  takeOver(onFrame: (frame: Buffer) => void): void {
    this.#onFrame = onFrame;
  }

  send(frame: Buffer): void {
    this.#socket.write(Buffer.concat([u32(frame.length), frame]));
  }

  end(): void {
    this.#socket.destroy();
  }

  async #greet(): Promise<void> {
    this.#socket.write(muxHello);
    const reply = await new Promise<MuxReply>((resolve, reject) => {
      this.#onFrame = (frame) => resolve(readMuxReply(frame));
      void this.closed.then(() => reject(new Error("the control socket gave no greeting")));
    });
    this.#onFrame = (frame) => this.#answer(readMuxReply(frame));
    if (reply.kind === "hello" && reply.version === muxVersion) return;
    this.#socket.destroy();
    throw new Error("the control socket speaks another protocol");
  }

  #answer(reply: MuxReply): void {
    if (reply.kind === "hello" || reply.kind === "unknown") return;
    this.#waiting.get(reply.requestId)?.resolve(reply);
    this.#waiting.delete(reply.requestId);
  }
}
