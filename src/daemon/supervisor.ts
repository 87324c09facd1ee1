import type { CreateTunnel, UpRequest } from "../api/contract.js";
import { sleep } from "../base/abort.js";
import { Failure } from "../base/failure.js";
import type { Logger } from "../base/logger.js";
import { diffTunnels } from "../config/diff.js";
import { bindsCollide, type Config, parseEntry } from "../config/parse.js";
import type { Paths } from "../config/paths.js";
import { resolveTunnel } from "../config/resolve.js";
import type { TunnelEntry } from "../config/schema.js";
import { loadConfig, saveTunnel } from "../config/store.js";
import type { TunnelSpec } from "../config/tunnel-spec.js";
import { Knocker } from "../ssh/knock.js";
import type { RunnerContext } from "../tunnel/context.js";
import { noPast, type TunnelPast } from "../tunnel/outage.js";
import type { ConnectReason } from "../tunnel/state.js";
import type { TunnelStatus } from "../tunnel/status.js";
import { answerPrompt } from "./answer-prompt.js";
import { DownList } from "./down-list.js";
import { ManagedTunnel } from "./managed-tunnel.js";
import { PortBook } from "./port-book.js";
import { firstOutcome } from "./settle.js";
import { chooseName } from "./tunnel-name.js";
import { type Opening, portsOf, unattended } from "./tunnel-ports.js";

/** What a far server's answer may take, before `status` is told what is known without it. */
const confirmMaxMs = 500;

/** Wi-Fi may take a quarter of a minute after a sleep, and names as long again. */
const wakingMs = 60_000;

export type ChangeListener = (tunnel: TunnelStatus) => void;

export interface SupervisorContext extends Pick<RunnerContext, "engine" | "clock" | "chance"> {
  readonly paths: Paths;
  readonly log: Logger;
  readonly agentSocket: string | undefined;
  /** What an earlier daemon knew of a tunnel. */
  readonly takePast: (name: string) => TunnelPast | undefined;
}

/** Looks after all tunnels: what the config says, what people ask for, and nothing in between. */
export class Supervisor {
  /** Why the config file as it is now is not in force. */
  configFailure: Failure | undefined;
  readonly #context: SupervisorContext;
  readonly #tunnels = new Map<string, ManagedTunnel>();
  readonly #downList: DownList;
  readonly #portBook: PortBook;
  readonly #listeners = new Set<ChangeListener>();
  readonly #knocker: Knocker;
  #wakingUntilMs = 0;
  #config: Config = { file: {}, tunnels: new Map() };
  #agentSocket: string | undefined;

  constructor(context: SupervisorContext) {
    this.#context = context;
    this.#agentSocket = context.agentSocket;
    this.#knocker = new Knocker(context.chance);
    this.#downList = new DownList(context.paths.stateFile, (error) =>
      context.log.error(
        { event: "state.unwritten", err: error },
        "which tunnels are down could not be written; a new daemon would open them",
      ),
    );
    this.#portBook = new PortBook(context.paths.portsFile, context.log);
  }

  /** Reads the config again and moves only what was edited. A config that is not right changes nothing, and is told in `status`. */
  reload(reason: ConnectReason): void {
    try {
      const config = loadConfig(this.#context.paths.configFile, { mustExist: this.#config.tunnels.size > 0 });
      this.configFailure = undefined;
      this.#apply(config, reason);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.configFailure = error;
      this.#context.log.error({ event: "config.refused", code: error.code }, error.message);
    }
  }

  /** Opens a tunnel and, unless `once`, saves it. It connects while it is being saved; what cannot be saved is closed again. */
  async create({ name: wanted, tunnel, once = false, agentSocket, attended = false }: CreateTunnel): Promise<string> {
    const entry = parseEntry(tunnel);
    const taken = new Map([...this.#tunnels].map(([name, managed]) => [name, managed.entry]));
    const resolved = resolveTunnel("new", entry, this.#config.file.defaults);
    if (!("spec" in resolved)) throw resolved.problems[0]?.failure ?? new Failure("request-invalid", "the tunnel is not right");
    const name = chooseName(wanted, entry, resolved.spec.login.target, taken);
    this.#useAgent(agentSocket);
    const opening = { isAttended: attended, onPortBusy: undefined };
    const managed = this.#tunnels.get(name) ?? this.#addNew({ ...resolved.spec, name }, entry, opening);
    this.up(name, { attended });
    if (!once && !managed.isSaved) await this.#save(managed);
    return name;
  }

  /** Throws `tunnel-unknown`, as the others do. */
  up(name: string, { agentSocket, attended = false, onPortBusy }: UpRequest = {}): void {
    const { runner, ports } = this.#get(name);
    ports.opening = { isAttended: attended, onPortBusy };
    this.#useAgent(agentSocket);
    this.#downList.set(name, false);
    runner.handle({ type: "start", reason: "asked" });
  }

  down(name: string): void {
    const { runner, isSaved } = this.#get(name);
    if (isSaved) this.#downList.set(name, true);
    runner.handle({ type: "stop", reason: "asked" });
    if (isSaved) return;
    this.#tunnels.delete(name);
    this.#portBook.forget(name);
  }

  restart(name: string): void {
    const { runner } = this.#get(name);
    if (runner.state.phase === "stopped")
      throw new Failure("tunnel-down", `the tunnel "${name}" is down`, { hint: `Open it: \`clawtunnel up ${name}\`.` });
    runner.handle({ type: "renew", reason: "restart-asked" });
  }

  async remove(name: string): Promise<void> {
    const { isSaved } = this.#get(name);
    if (isSaved) this.#apply(await saveTunnel(this.#context.paths.configFile, name, undefined), "config-changed");
    this.#drop(name);
    this.#portBook.forget(name);
  }

  /** Accepts, or not, what a tunnel asked. Throws `prompt-unknown` or `prompt-stale`. */
  answer(promptId: string, accept: boolean): Promise<void> {
    return answerPrompt([...this.#tunnels.values()], promptId, accept, this.#context.log);
  }

  /** After a sleep or a change of network. */
  reconsider(reason: "woke" | "network-changed"): void {
    if (reason === "woke") this.#wakingUntilMs = this.#context.clock.monotonicMs() + wakingMs;
    for (const { runner } of this.#tunnels.values()) runner.reconsider(reason);
  }

  /** Every tunnel as it is now: sessions that stand are asked first, and have a moment for their answer. */
  async reportNow(): Promise<TunnelStatus[]> {
    const moment = new AbortController();
    const asked = [...this.#tunnels.values()].map(({ runner }) => runner.confirm());
    await Promise.race([Promise.all(asked), sleep(confirmMaxMs, moment.signal)]);
    moment.abort();
    return this.report();
  }

  report(): TunnelStatus[] {
    return [...this.#tunnels.values()].map((managed) => managed.report());
  }

  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends every tunnel: listeners closed, sessions told goodbye. */
  stop(): void {
    for (const { runner } of this.#tunnels.values()) runner.handle({ type: "stop", reason: "shutdown" });
  }

  #apply(config: Config, reason: ConnectReason): void {
    const saved = [...this.#tunnels.values()].filter(({ isSaved }) => isSaved).map(({ runner }) => runner.spec);
    const { added, changed, removed } = diffTunnels(new Map(saved.map((spec) => [spec.name, spec])), config.tunnels);
    this.#config = config;
    for (const name of removed) {
      this.#drop(name);
      this.#downList.set(name, false);
      this.#portBook.forget(name);
    }
    for (const spec of [...changed, ...added]) {
      const entry = config.file.tunnels?.[spec.name];
      const managed = this.#tunnels.get(spec.name);
      if (entry === undefined) continue;
      if (managed === undefined) this.#add(spec, entry, true, reason, unattended);
      else managed.adopt(spec, entry);
    }
  }

  #addNew(spec: TunnelSpec, entry: TunnelEntry, opening: Opening): ManagedTunnel {
    this.#refuseSharedBinds(spec);
    return this.#add(spec, entry, false, "asked", opening);
  }

  #add(spec: TunnelSpec, entry: TunnelEntry, isSaved: boolean, reason: ConnectReason, opening: Opening): ManagedTunnel {
    const managed: ManagedTunnel = new ManagedTunnel(spec, entry, isSaved, opening, this.#context.takePast(spec.name) ?? noPast, {
      ...this.#context,
      knocker: this.#knocker,
      book: this.#portBook,
      wantedPorts: () => portsOf([...this.#config.tunnels.values(), ...[...this.#tunnels.values()].map(({ runner }) => runner.spec)]),
      isWaking: () => this.#context.clock.monotonicMs() < this.#wakingUntilMs,
      agentSocket: () => this.#agentSocket,
      onChange: () => {
        const status = managed.report();
        for (const listener of this.#listeners) listener(status);
      },
    });
    this.#tunnels.set(spec.name, managed);
    if (!this.#downList.has(spec.name)) managed.runner.handle({ type: "start", reason });
    return managed;
  }

  /** Writing loads more code than connecting does, so the first outcome goes first. */
  async #save(managed: ManagedTunnel): Promise<void> {
    const { runner, entry } = managed;
    await firstOutcome(runner, (listener) => this.onChange(listener));
    try {
      const config = await saveTunnel(this.#context.paths.configFile, runner.spec.name, entry);
      managed.isSaved = true;
      this.#apply(config, "config-changed");
      this.configFailure = undefined;
    } catch (error) {
      if (!managed.isSaved) this.#drop(runner.spec.name);
      throw error;
    }
  }

  #drop(name: string): void {
    this.#tunnels.get(name)?.runner.handle({ type: "stop", reason: "removed" });
    this.#tunnels.delete(name);
  }

  #get(name: string): ManagedTunnel {
    const managed = this.#tunnels.get(name);
    if (managed === undefined) throw new Failure("tunnel-unknown", `there is no tunnel named "${name}"`);
    return managed;
  }

  #useAgent(socketPath: string | undefined): void {
    if (socketPath !== undefined) this.#agentSocket = socketPath;
  }

  #refuseSharedBinds({ forwards }: TunnelSpec): void {
    for (const { runner } of this.#tunnels.values()) {
      const shared = runner.spec.forwards.find(({ bind }) => forwards.some((forward) => bindsCollide(forward.bind, bind)));
      if (shared !== undefined)
        throw new Failure("port-taken", `the local port ${shared.bind.port} belongs to the tunnel "${runner.spec.name}"`);
    }
  }
}
