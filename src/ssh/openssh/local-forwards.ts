import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Endpoint, formatEndpoint } from "../../base/address.js";
import { Failure } from "../../base/failure.js";
import type { MuxClient } from "./mux-client.js";
import { closeForward, type MuxForward, openForward } from "./mux-messages.js";

/** How many destinations have a socket at a time; a forward of `-D` may lead to any number of them. */
const forwardsMax = 64;

interface LocalForward {
  readonly forward: MuxForward;
  readonly path: string;
  readonly opened: Promise<void>;
  users: number;
}

/**
 * The unix sockets at which ssh listens for us, one for each destination: what `-L path:host:port` opens. The one that was used
 * longest ago is closed when there are too many; connections that stand do not need it.
 */
export class LocalForwards {
  readonly #mux: MuxClient;
  readonly #folder: string;
  /** The one that was used last comes last. */
  readonly #forwards = new Map<string, LocalForward>();
  #made = 0;

  constructor(mux: MuxClient, folder: string) {
    this.#mux = mux;
    this.#folder = folder;
  }

  /** The path of the socket that leads to `to`. It stays until `release` has been called as often. */
  async take(to: Endpoint): Promise<string> {
    const key = formatEndpoint(to);
    const forward = this.#forwards.get(key) ?? this.#open(to);
    this.#forwards.delete(key);
    this.#forwards.set(key, forward);
    forward.users += 1;
    this.#closeOldest();
    try {
      await forward.opened;
    } catch (error) {
      this.#forwards.delete(key);
      throw error;
    }
    return forward.path;
  }

  release(to: Endpoint): void {
    const forward = this.#forwards.get(formatEndpoint(to));
    if (forward !== undefined) forward.users -= 1;
  }

  #open(to: Endpoint): LocalForward {
    this.#made += 1;
    const path = join(this.#folder, String(this.#made));
    const forward: MuxForward = { kind: "local", listen: { path }, connect: to };
    return { forward, path, opened: this.#ask(forward), users: 0 };
  }

  async #ask(forward: MuxForward): Promise<void> {
    const reply = await this.#mux.ask((id) => openForward(id, forward));
    if (reply.kind === "ok") return;
    const why = reply.kind === "refused" ? reply.why : reply.kind;
    throw new Failure("channel-refused", `ssh opens no way to ${formatEndpoint(forward.connect)} (${why})`);
  }

  #closeOldest(): void {
    if (this.#forwards.size <= forwardsMax) return;
    for (const [key, { forward, path, users }] of this.#forwards) {
      if (users > 0) continue;
      this.#forwards.delete(key);
      this.#mux
        .ask((id) => closeForward(id, forward))
        .then(
          () => rmSync(path, { force: true }),
          () => {},
        );
      return;
    }
  }
}
