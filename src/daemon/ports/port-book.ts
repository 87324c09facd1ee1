import { readFileSync } from "node:fs";
import { formatAddress } from "../../base/address.js";
import { replaceFile } from "../../base/files.js";
import type { Logger } from "../../base/logger.js";
import { localAddresses } from "../../config/binds.js";
import type { TunnelSpec } from "../../config/tunnel-spec.js";

/**
 * Which port stood in for a busy one, for each tunnel and each address it wants. Kept over every restart of the daemon, so that
 * the same port is taken again.
 */
export class PortBook {
  readonly #path: string;
  readonly #log: Logger;
  readonly #ports: Map<string, Map<string, number>>;

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
    this.#ports = readPorts(path);
  }

  /** `wantedBind` as `host:port`. */
  get(tunnel: string, wantedBind: string): number | undefined {
    return this.#ports.get(tunnel)?.get(wantedBind);
  }

  set(tunnel: string, wantedBind: string, port: number): void {
    if (this.get(tunnel, wantedBind) === port) return;
    const ports = this.#ports.get(tunnel) ?? new Map<string, number>();
    this.#ports.set(tunnel, ports.set(wantedBind, port));
    this.#write();
  }

  /** Forgets every address that none of these tunnels wants. */
  keepOnly(tunnels: readonly Pick<TunnelSpec, "name" | "forwards">[]): void {
    const wanted = new Set(
      tunnels.flatMap(({ name, forwards }) => localAddresses(forwards).map((bind) => keyOf(name, formatAddress(bind)))),
    );
    let hasChanged = false;
    for (const [tunnel, binds] of this.#ports) {
      for (const bind of binds.keys()) if (!wanted.has(keyOf(tunnel, bind))) hasChanged = binds.delete(bind);
      if (binds.size === 0) this.#ports.delete(tunnel);
    }
    if (hasChanged) this.#write();
  }

  /** The tunnel is no more. */
  forget(tunnel: string): void {
    if (this.#ports.delete(tunnel)) this.#write();
  }

  #write(): void {
    const ports = Object.fromEntries([...this.#ports].map(([tunnel, binds]) => [tunnel, Object.fromEntries(binds)]));
    try {
      replaceFile(this.#path, `${JSON.stringify({ ports })}\n`);
    } catch (error) {
      const fields = { event: "state.unwritten", err: error };
      this.#log.error(fields, "which ports stand in for busy ones could not be written; a new daemon may take others");
    }
  }
}

/** Neither a tunnel's name nor an address has a blank. */
function keyOf(tunnel: string, bind: string): string {
  return `${tunnel} ${bind}`;
}

/** A missing or damaged file means that nothing is remembered: another port is the lesser harm. */
function readPorts(path: string): Map<string, Map<string, number>> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    const tunnels = entriesOf(entriesOf(value).get("ports"));
    return new Map([...tunnels].map(([tunnel, binds]) => [tunnel, new Map([...entriesOf(binds)].filter(isPort))]));
  } catch {
    return new Map();
  }
}

function entriesOf(value: unknown): Map<string, unknown> {
  return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
}

function isPort(entry: [string, unknown]): entry is [string, number] {
  return Number.isInteger(entry[1]);
}
