import type { Duplex } from "node:stream";
import type { AcceptConnection, Client, RejectConnection, TcpConnectionDetails, UNIXConnectionDetails } from "ssh2";
import { onAbort, withDeadline } from "../../base/abort.js";
import { type Address, type Endpoint, formatEndpoint, isSocketPath } from "../../base/address.js";
import { Failure } from "../../base/failure.js";
import type { RemoteListener } from "../session.js";

type OnConnection = (channel: Duplex) => void;

/** How long the server may take to say who has the port; it only makes a better sentence. */
const lookMs = 2_000;

/** What the server listens to for one session (RFC 4254, 7.1, and OpenSSH's streamlocal-forward). */
export class RemoteForwards {
  readonly #client: Client;
  readonly #adopt: (channel: Duplex) => Duplex;
  /** By the bind as the server names it in each connection: with the port that it chose. */
  readonly #listeners = new Map<string, OnConnection>();

  constructor(client: Client, adopt: (channel: Duplex) => Duplex) {
    this.#client = client;
    this.#adopt = adopt;
    client.on("tcp connection", ({ destIP, destPort }: TcpConnectionDetails, accept, reject) => {
      this.#hand({ host: destIP, port: destPort }, accept, reject);
    });
    client.on("unix connection", ({ socketPath }: UNIXConnectionDetails, accept, reject) => {
      this.#hand({ path: socketPath }, accept, reject);
    });
  }

  /** `refused`, too, when the session ended before the answer. Rejects when `signal` aborts. */
  listen(bind: Endpoint, onConnection: OnConnection, signal: AbortSignal): Promise<RemoteListener | "refused"> {
    return new Promise((resolve, reject) => {
      const forget = onAbort(signal, () => reject(signal.reason));
      const onAnswer = (error: Error | null | undefined, port?: number) => {
        forget();
        if (error) return resolve("refused");
        const bound = isSocketPath(bind) ? bind : { host: bind.host, port: port ?? bind.port };
        if (signal.aborted) return this.#cancel(bound);
        const wire = wireForm(bound);
        // In the same turn as the answer: a connection may be right behind it.
        this.#listeners.set(formatEndpoint(wire), onConnection);
        resolve({ bind: bound, close: () => this.#cancel(bound) });
      };
      const wire = wireForm(bind);
      if (isSocketPath(wire)) this.#client.openssh_forwardInStreamLocal(wire.path, onAnswer);
      else this.#client.forwardIn(wire.host, wire.port, onAnswer);
    });
  }

  #cancel(bind: Endpoint): void {
    const wire = wireForm(bind);
    this.#listeners.delete(formatEndpoint(wire));
    try {
      if (isSocketPath(wire)) this.#client.openssh_unforwardInStreamLocal(wire.path, () => {});
      else this.#client.unforwardIn(wire.host, wire.port, () => {});
    } catch {
      // The session has ended, and the server's listener with it.
    }
  }

  #hand(bind: Endpoint, accept: AcceptConnection, reject: RejectConnection): void {
    const onConnection = this.#listeners.get(formatEndpoint(bind));
    if (onConnection === undefined) reject();
    else onConnection(this.#adopt(accept()));
  }
}

/** The server gives no reason for a no; whether something answers there tells the likeliest one. */
export async function whyRefused(
  bind: Endpoint,
  where: string,
  dial: (to: Endpoint, signal: AbortSignal) => Promise<Duplex>,
  signal: AbortSignal,
): Promise<Failure> {
  const what = `${where} does not listen on ${formatEndpoint(bind)}`;
  try {
    const timedOut = () => new Error("no answer");
    const channel = await withDeadline(lookMs, signal, timedOut, (deadline) => dial(isSocketPath(bind) ? bind : nearest(bind), deadline));
    channel.destroy();
    return new Failure("remote-bind-refused", `${what}: something listens there already, perhaps for an old session that has not ended`);
  } catch {
    const unless = isSocketPath(bind) ? "a file is there already (StreamLocalBindUnlink)" : "GatewayPorts or PermitListen forbid it";
    return new Failure("remote-bind-refused", `${what}: it says no, perhaps because ${unless}, or AllowTcpForwarding does not allow it`);
  }
}

/** As ssh asks: the empty address is every address of every family. */
function wireForm(bind: Endpoint): Endpoint {
  return isSocketPath(bind) || bind.host !== "*" ? bind : { ...bind, host: "" };
}

function nearest({ host, port }: Address): Address {
  return { host: ["", "*", "0.0.0.0", "::"].includes(host) ? "127.0.0.1" : host, port };
}
