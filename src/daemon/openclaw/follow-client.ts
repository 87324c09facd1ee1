import type { ClientConfigured, ConfigureClient } from "../../api/contract.js";
import { asFailure, Failure } from "../../base/failure.js";
import type { Logger } from "../../base/logger.js";
import type { Paths } from "../../config/paths.js";
import type { TunnelEntry } from "../../config/schema.js";
import { loadConfig, saveTunnel } from "../../config/store.js";
import { gatewayForward, gatewayUrl, remotePortOf } from "../../tunnel/gateway-forward.js";
import type { ForwardStatus, TunnelStatus } from "../../tunnel/status.js";
import { ClientBook } from "./client-book.js";

/** The tunnels, as far as a client has to do with them. */
export interface FollowedTunnels {
  /** Throws `tunnel-unknown`. */
  tunnel(name: string): { readonly entry: TunnelEntry; readonly isSaved: boolean; report(): TunnelStatus };
  reload(reason: "config-changed"): void;
  onChange(listener: (tunnel: TunnelStatus) => void): unknown;
}

/** Keeps the OpenClaw on this machine pointing at the tunnels that it was told to use, wherever their ports move. */
export class ClientFollower {
  readonly #tunnels: FollowedTunnels;
  readonly #configFile: string;
  readonly #book: ClientBook;
  readonly #log: Logger;
  /** The address of each tunnel that its client was told, or is not to be told. */
  readonly #settled = new Map<string, string>();

  constructor(tunnels: FollowedTunnels, { configFile, clientsFile }: Pick<Paths, "configFile" | "clientsFile">, log: Logger) {
    this.#tunnels = tunnels;
    this.#configFile = configFile;
    this.#book = new ClientBook(clientsFile, log);
    this.#log = log;
  }

  /**
   * Points the client at the tunnel, and keeps it so from now on, also in a new daemon.
   * Throws `tunnel-unknown`, `client-config-unusable`, or what saving the tunnel throws.
   */
  async configure(name: string, { file, leavesLocal = false }: ConfigureClient): Promise<ClientConfigured> {
    const managed = this.#tunnels.tunnel(name);
    const forward = gatewayForward(managed.report());
    if (forward === undefined) throw unusable(`the tunnel ${name} leads to no OpenClaw gateway`, "Name one that does.");
    if (!managed.isSaved) throw unusable(`the tunnel ${name} is not saved`, "Open it without --once.");
    if (!forward.listening) throw unusable(`the tunnel ${name} has no local address yet`, `See \`clawtunnel status ${name}\`.`);
    const { clientEdits, editClientFile, readClientFile } = await loadClient();
    const url = gatewayUrl(forward);
    const found = readClientFile(file);
    const edits = clientEdits(found.config, { url, remotePort: remotePortOf(forward) }, leavesLocal);
    const backup = edits.length === 0 ? null : editClientFile(found, edits);
    await this.#save(name, file);
    this.#settle(name, url);
    if (edits.length > 0) this.#tell(name, found.path, url);
    return { file: found.path, url, isChanged: edits.length > 0, backup };
  }

  /** A tunnel has changed, perhaps in where it listens. */
  follow(status: TunnelStatus): void {
    const file = this.#entry(status.name)?.configureClient;
    const forward = gatewayForward(status);
    if (file === undefined) this.#forget(status.name);
    if (file === undefined || forward?.listening !== true) return;
    const url = gatewayUrl(forward);
    if (this.#settled.get(status.name) === url) return;
    this.#settled.set(status.name, url);
    void this.#move(status.name, file, forward, url).catch((error: unknown) => {
      const { code, message } = asFailure(error);
      const fields = { event: "client.unwritten", tunnel: status.name, file, url, code };
      this.#log.warn(fields, `the OpenClaw on this machine could not be told of ${url}: ${message}`);
    });
  }

  async #move(name: string, file: string, forward: ForwardStatus, url: string): Promise<void> {
    const { clientEdits, editClientFile, isUntold, moveEdits, readClientFile } = await loadClient();
    const found = readClientFile(file);
    const last = this.#book.get(name);
    const edits =
      last === undefined && isUntold(found.config)
        ? clientEdits(found.config, { url, remotePort: remotePortOf(forward) }, false)
        : moveEdits(found.config, last, url);
    if (edits === undefined) {
      const fields = { event: "client.left", tunnel: name, file, url };
      this.#log.info(fields, `the OpenClaw on this machine was given another address by somebody else, and is left at it`);
      return;
    }
    if (edits.length > 0) editClientFile(found, edits);
    this.#settle(name, url);
    if (edits.length > 0) this.#tell(name, found.path, url);
  }

  #settle(name: string, url: string): void {
    this.#settled.set(name, url);
    this.#book.set(name, url);
  }

  #forget(name: string): void {
    this.#settled.delete(name);
    this.#book.forget(name);
  }

  /** Undefined for a tunnel that was removed while its last change was on its way. */
  #entry(name: string): TunnelEntry | undefined {
    try {
      return this.#tunnels.tunnel(name).entry;
    } catch {
      return undefined;
    }
  }

  /** As the file has it now: it may have been edited a moment ago. */
  async #save(name: string, file: string): Promise<void> {
    const entry = loadConfig(this.#configFile).file.tunnels?.[name];
    if (entry === undefined || entry.configureClient === file) return;
    await saveTunnel(this.#configFile, name, { ...entry, configureClient: file });
    this.#tunnels.reload("config-changed");
  }

  #tell(name: string, file: string, url: string): void {
    this.#log.info({ event: "client.configured", tunnel: name, file, url }, `the OpenClaw on this machine uses ${url} now`);
  }
}

export function followClients(tunnels: FollowedTunnels, paths: Pick<Paths, "configFile" | "clientsFile">, log: Logger): ClientFollower {
  const clients = new ClientFollower(tunnels, paths, log);
  tunnels.onChange((tunnel) => clients.follow(tunnel));
  return clients;
}

/** JSON5 is loaded where it is first needed: most daemons have no client to follow. */
async function loadClient() {
  const [edits, file] = await Promise.all([
    import("../../openclaw/client/client-edits.js"),
    import("../../openclaw/client/client-file.js"),
  ]);
  return { ...edits, ...file };
}

function unusable(message: string, hint: string): Failure {
  return new Failure("client-config-unusable", message, { hint });
}
