import type { Socket } from "node:net";
import { clearWeather, FaultPipe, type PipeWeather } from "./fault-pipe.js";

export type Way = "to-server" | "to-client";

/** What is wrong with a connection. Byte counts begin where the fault does: for a connection to come, at its start. */
export type Fault =
  | { readonly kind: "none" }
  /** At once and on both sides: RST, or FIN. */
  | { readonly kind: "cut"; readonly by: "reset" | "end" }
  /** Open, and nothing comes out any more. Neither does the other side's end. */
  | { readonly kind: "swallow"; readonly ways: readonly Way[] }
  /** Open, and nothing comes out until another fault takes its place; then all of it does. */
  | { readonly kind: "stall" }
  /** Each way. */
  | { readonly kind: "slow"; readonly delayMs?: number; readonly bytesPerSecond?: number }
  | { readonly kind: "cut-after"; readonly way: Way; readonly bytes: number; readonly by: "reset" | "end" | "silence" }
  /** Accepted, and nobody is behind it. */
  | { readonly kind: "mute" };

export interface LinkWatcher {
  onBytes(link: FaultLink, way: Way, bytes: Buffer): void;
}

/** One connection through the proxy: two sockets, a pipe each way, and the fault that is on them. */
export class FaultLink {
  fault: Fault = { kind: "none" };
  readonly #client: Socket;
  readonly #server: Socket | undefined;
  readonly #pipes: Readonly<Record<Way, FaultPipe>> | undefined;

  /** `server` is undefined for a link that begins mute. Both allow half-open, and nobody has read from them. */
  constructor(client: Socket, server: Socket | undefined, fault: Fault, watcher: LinkWatcher) {
    this.#client = client;
    this.#server = server;
    client.on("error", () => {});
    client.once("end", () => this.#endIfHidden());
    if (server === undefined) {
      client.resume();
      this.use(fault);
      return;
    }
    const watch = (way: Way) => ({
      onBytes: (bytes: Buffer) => watcher.onBytes(this, way, bytes),
      onStopped: () => this.#stopped(),
    });
    this.#pipes = {
      "to-server": new FaultPipe(client, server, watch("to-server")),
      "to-client": new FaultPipe(server, client, watch("to-client")),
    };
    client.once("close", (hadError) => {
      if (hadError) server.resetAndDestroy();
    });
    server.on("error", () => {
      if (!this.#hides("to-client")) client.resetAndDestroy();
    });
    server.once("close", () => this.#endIfHidden());
    this.use(fault);
  }

  passedBytes(way: Way): number {
    return this.#pipes?.[way].passedBytes ?? 0;
  }

  mostQueuedBytes(way: Way): number {
    return this.#pipes?.[way].mostQueuedBytes ?? 0;
  }

  /** Puts another fault in the place of the one before. What was swallowed stays lost. */
  use(fault: Fault): void {
    this.fault = fault;
    for (const way of ["to-server", "to-client"] as const) this.#pipes?.[way].use(weatherOf(fault, way));
    if (fault.kind === "cut") this.#cut(fault.by);
    this.#endIfHidden();
  }

  destroy(): void {
    this.#client.destroy();
    this.#server?.destroy();
  }

  #cut(by: "reset" | "end"): void {
    for (const socket of [this.#client, this.#server]) {
      if (by === "reset") socket?.resetAndDestroy();
      else socket?.end();
    }
  }

  /** The byte at which to cut has been passed on. */
  #stopped(): void {
    const { fault } = this;
    if (fault.kind !== "cut-after") return;
    if (fault.by === "silence") this.use({ kind: "swallow", ways: ["to-server", "to-client"] });
    else this.use({ kind: "cut", by: fault.by });
  }

  /** A client that has ended is waited for by nobody when its end cannot come out, or when the server's end cannot. */
  #endIfHidden(): void {
    const isUnanswerable = this.#hides("to-server") || (this.#hides("to-client") && this.#server?.destroyed === true);
    if (this.#client.readableEnded && isUnanswerable) this.destroy();
  }

  #hides(way: Way): boolean {
    return weatherOf(this.fault, way).mode !== "pass";
  }
}

function weatherOf(fault: Fault, way: Way): PipeWeather {
  switch (fault.kind) {
    case "none":
      return clearWeather;
    case "cut":
    case "mute":
      return { ...clearWeather, mode: "swallow" };
    case "swallow":
      return { ...clearWeather, mode: fault.ways.includes(way) ? "swallow" : "pass" };
    case "stall":
      return { ...clearWeather, mode: "stall" };
    case "slow":
      return {
        ...clearWeather,
        delayMs: fault.delayMs ?? clearWeather.delayMs,
        bytesPerSecond: fault.bytesPerSecond ?? clearWeather.bytesPerSecond,
      };
    case "cut-after":
      return { ...clearWeather, stopAfterBytes: fault.way === way ? fault.bytes : clearWeather.stopAfterBytes };
  }
}
