import { join } from "node:path";
import { type Endpoint, formatEndpoint } from "../../base/address.js";

/**
 * The unix sockets that ssh leads the channels of remote forwards to. A bind that is asked for again gets its path again: when a server
 * refused it first, ssh goes on leading what comes there to the path of that first time (mux.c keeps the permission; seen in OpenSSH 10).
 */
export class ListenerPaths {
  readonly #folder: string;
  /** By bind; of port 0 there may be several at a time. */
  readonly #paths = new Map<string, string[]>();
  readonly #taken = new Set<string>();
  #made = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  take(bind: Endpoint): string {
    const known = this.#paths.get(formatEndpoint(bind)) ?? [];
    this.#paths.set(formatEndpoint(bind), known);
    const path = known.find((one) => !this.#taken.has(one)) ?? this.#make(known);
    this.#taken.add(path);
    return path;
  }

  /** Nobody listens there any more. */
  release(path: string): void {
    this.#taken.delete(path);
  }

  #make(known: string[]): string {
    this.#made += 1;
    const path = join(this.#folder, `r${this.#made}`);
    known.push(path);
    return path;
  }
}
