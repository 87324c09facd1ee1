import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { type Fault, FaultLink, type Way } from "./fault-link.js";

/** A TCP proxy on 127.0.0.1 that can be told, while it runs, what to do to the connections through it. */
export interface FaultProxy {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** The connections that are open on the client's side, oldest first. */
  readonly links: readonly FaultLink[];
  /** How many connections it ever accepted. */
  readonly accepted: number;
  /** `live`: those that are open. `coming`: every one from now on. `next`: only the next one. */
  use(fault: Fault, on: "live" | "coming" | "next" | "all"): void;
  /** Closes the port, so that it refuses; what is open goes on. */
  refuse(): void;
  /** Opens the same port again. */
  accept(): Promise<void>;
  /** Told of every piece that came out on the far side, in order. */
  onBytes: ((link: FaultLink, way: Way, bytes: Buffer) => void) | undefined;
  dispose(): void;
}

/** Stands in front of `toPort` of 127.0.0.1. `port` 0 is a free one. */
export async function startFaultProxy(toPort: number, port = 0): Promise<FaultProxy> {
  const links = new Set<FaultLink>();
  let coming: Fault = { kind: "none" };
  let next: Fault | undefined;
  let accepted = 0;
  let server: Server | undefined;

  const serve = (client: Socket) => {
    accepted += 1;
    const fault = next ?? coming;
    next = undefined;
    const hasServer = fault.kind !== "mute" && fault.kind !== "cut";
    const target = hasServer ? connect({ port: toPort, host: "127.0.0.1", allowHalfOpen: true, noDelay: true }) : undefined;
    const link = new FaultLink(client.setNoDelay(), target, fault, { onBytes: (...piece) => proxy.onBytes?.(...piece) });
    links.add(link);
    client.once("close", () => links.delete(link));
  };
  const listen = async (wantedPort: number): Promise<number> => {
    const made = createServer({ allowHalfOpen: true }, serve);
    made.listen(wantedPort, "127.0.0.1");
    await once(made, "listening");
    server = made;
    return (made.address() as AddressInfo).port;
  };
  const refuse = () => {
    // The port is closed at once; only the `close` event waits for the connections that are open.
    server?.close();
    server = undefined;
  };

  const ownPort = await listen(port);
  const proxy: FaultProxy = {
    host: "127.0.0.1",
    port: ownPort,
    get links() {
      return [...links];
    },
    get accepted() {
      return accepted;
    },
    use: (fault, on) => {
      next = on === "next" ? fault : on === "live" ? next : undefined;
      if (on === "coming" || on === "all") coming = fault;
      if (on === "live" || on === "all") for (const link of links) link.use(fault);
    },
    refuse,
    accept: async () => {
      if (server === undefined) await listen(ownPort);
    },
    onBytes: undefined,
    dispose: () => {
      refuse();
      for (const link of links) link.destroy();
    },
  };
  return proxy;
}
