import type { CreateTunnel, PromptAnswer, RestartRequest, UpRequest } from "../api/contract.js";
import { Failure } from "../base/failure.js";
import type { Logger } from "../base/logger.js";
import { failureOfShared, sharedBinds } from "../config/binds.js";
import { diffTunnels } from "../config/diff.js";
import { type Config, parseEntry } from "../config/parse.js";
import type { Paths } from "../config/paths.js";
import { resolveTunnel } from "../config/resolve.js";
import type { TunnelEntry } from "../config/schema.js";
import { loadConfig, saveTunnel } from "../config/store.js";
import type { TunnelSpec } from "../config/tunnel-spec.js";
import { Knocker } from "../ssh/knock.js";
import { noPast, type TunnelPast } from "../tunnel/outage.js";
import type { ConnectReason } from "../tunnel/state.js";
import type { TunnelStatus } from "../tunnel/status.js";
import { answerPrompt } from "./answer-prompt.js";
import type { Handover } from "./lock/handover.js";
import { type ManagedContext, ManagedTunnel } from "./managed-tunnel.js";
import { PortBook } from "./ports/port-book.js";
import { reportNow } from "./report-now.js";
import { firstOutcome } from "./settle.js";
import { openTimetable, type Timetable } from "./timetable/timetable.js";
import { chooseName } from "./tunnel-name.js";

/** Wi-Fi may take a quarter of a minute after a sleep, and names as long again. */
const wakingMs = 60_000;

export type ChangeListener = (tunnel: TunnelStatus) => void;

export interface SupervisorContext extends Pick<ManagedContext, "engine" | "people" | "clock" | "chance" | "localHint" | "exposureOf"> {
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
  readonly #portBook: PortBook;
  readonly #timetable: Timetable;
  readonly #listeners = new Set<ChangeListener>();
  readonly #knocker: Knocker;
  #wakingUntilMs = 0;
  #config: Config = { file: {}, tunnels: new Map() };
  #agentSocket: string | undefined;

  constructor(context: SupervisorContext) {
    this.#context = context;
    this.#agentSocket = context.agentSocket;
    this.#knocker = new Knocker(context.chance);
    this.#timetable = openTimetable(
      context,
      () => this.#tunnels.values(),
      (name) => this.renew(name),
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
    this.#agentSocket = agentSocket ?? this.#agentSocket;
    const managed = this.#tunnels.get(name) ?? this.#addNew({ ...resolved.spec, name }, entry);
    this.up(name, { attended });
    this.followSchedules();
    if (!once && !managed.isSaved) await this.#save(managed);
    return name;
  }

  /** Throws `tunnel-unknown`, as the others do. */
  up(name: string, { agentSocket, attended = false, onPortBusy }: UpRequest = {}): void {
    const managed = this.tunnel(name);
    managed.ports.opening = { isAttended: attended, onPortBusy };
    this.#agentSocket = agentSocket ?? this.#agentSocket;
    this.#timetable.decide(name, "up");
    managed.handle({ type: "start", reason: "asked" }, attended);
  }

  down(name: string): void {
    const { runner, isSaved } = this.tunnel(name);
    if (isSaved) this.#timetable.decide(name, "down");
    runner.handle({ type: "stop", reason: "asked" });
    if (!isSaved) this.#drop(name);
  }

  restart(name: string, { attended = false }: RestartRequest = {}): void {
    const managed = this.tunnel(name);
    if (managed.runner.state.phase === "stopped")
      throw new Failure("tunnel-down", `the tunnel "${name}" is down`, { hint: `Open it: \`clawtunnel up ${name}\`.` });
    managed.handle({ type: "renew", reason: "restart-asked" }, attended);
  }

  /** A new session in place of the one that stands; nothing for a tunnel that has none. */
  renew(name: string): void {
    this.tunnel(name).runner.handle({ type: "renew", reason: "renewal-due" });
  }

  async remove(name: string): Promise<void> {
    const { isSaved } = this.tunnel(name);
    if (isSaved) this.#apply(await saveTunnel(this.#context.paths.configFile, name, undefined), "config-changed");
    this.#drop(name);
  }

  /** Answers what a tunnel asked. Rejects with `prompt-unknown`, `prompt-stale` or `request-invalid`. */
  answer(promptId: string, answer: PromptAnswer): Promise<void> {
    return answerPrompt([...this.#tunnels.values()], promptId, answer, this.#context);
  }

  /** After a sleep or a change of network. */
  reconsider(reason: "woke" | "network-changed"): void {
    if (reason === "woke") this.#wakingUntilMs = this.#context.clock.monotonicMs() + wakingMs;
    for (const { runner } of this.#tunnels.values()) runner.reconsider(reason);
  }

  reportNow(): Promise<TunnelStatus[]> {
    return reportNow(() => this.#tunnels.values());
  }

  /** At the time of a schedule, and whenever the clocks have jumped over one, or may have. */
  followSchedules(): void {
    this.#timetable.follow("schedule");
  }

  /** Tries again to write which tunnels are up and down. Returns why that cannot be written; null when it is. */
  settleState(): string | null {
    return this.#timetable.settleDecisions();
  }

  report(): TunnelStatus[] {
    return [...this.#tunnels.values()].map((managed) => managed.report());
  }

  /** What a daemon that takes over cannot know otherwise. */
  handOver(): Handover {
    const unsaved = [...this.#tunnels].filter(([, { isSaved }]) => !isSaved);
    return { agentSocket: this.#agentSocket, tunnels: unsaved.map(([name, { entry }]) => ({ name, tunnel: entry })) };
  }

  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends every tunnel: listeners closed, sessions told goodbye. */
  stop(): void {
    this.#timetable.stop();
    for (const { runner } of this.#tunnels.values()) runner.handle({ type: "stop", reason: "shutdown" });
  }

  #apply(config: Config, reason: ConnectReason): void {
    const saved = [...this.#tunnels.values()].filter(({ isSaved }) => isSaved).map(({ runner }) => runner.spec);
    const { added, changed, removed } = diffTunnels(new Map(saved.map((spec) => [spec.name, spec])), config.tunnels);
    this.#config = config;
    for (const name of removed) this.#drop(name);
    for (const spec of [...changed, ...added]) {
      const entry = config.file.tunnels?.[spec.name];
      if (entry !== undefined) (this.#tunnels.get(spec.name) ?? this.#add(spec, entry)).adopt(spec);
    }
    for (const [name, entry] of Object.entries(config.file.tunnels ?? {})) this.#tunnels.get(name)?.becomeSaved(entry);
    this.#portBook.keepOnly([...this.#tunnels.values()].map(({ runner }) => runner.spec));
    this.#timetable.follow(reason);
  }

  #addNew(spec: TunnelSpec, entry: TunnelEntry): ManagedTunnel {
    this.#refuseSharedBinds(spec);
    return this.#add(spec, entry);
  }

  /** Where it belongs, up or down, is for the caller to see to. */
  #add(spec: TunnelSpec, entry: TunnelEntry): ManagedTunnel {
    const managed: ManagedTunnel = new ManagedTunnel(spec, entry, this.#context.takePast(spec.name) ?? noPast, {
      ...this.#context,
      knocker: this.#knocker,
      book: this.#portBook,
      allTunnels: () => [...this.#config.tunnels.values(), ...[...this.#tunnels.values()].map(({ runner }) => runner.spec)],
      leaveOptional: (port) => {
        for (const { runner } of this.#tunnels.values()) runner.forwards.optional.leave(port);
      },
      isWaking: () => this.#context.clock.monotonicMs() < this.#wakingUntilMs,
      agentSocket: () => this.#agentSocket,
      onChange: () => {
        const status = managed.report();
        for (const listener of this.#listeners) listener(status);
      },
    });
    this.#tunnels.set(spec.name, managed);
    return managed;
  }

  /** Writing loads more code than connecting does, so the first outcome goes first. */
  async #save(managed: ManagedTunnel): Promise<void> {
    const { runner, entry } = managed;
    await firstOutcome(runner, (listener) => this.onChange(listener));
    try {
      const config = await saveTunnel(this.#context.paths.configFile, runner.spec.name, entry);
      managed.becomeSaved(entry);
      this.#apply(config, "config-changed");
      this.configFailure = undefined;
    } catch (error) {
      if (!managed.isSaved) this.#drop(runner.spec.name);
      throw error;
    }
  }

  /** For good: another tunnel of that name starts anew. */
  #drop(name: string): void {
    this.#tunnels.get(name)?.runner.handle({ type: "stop", reason: "removed" });
    this.#tunnels.delete(name);
    this.#timetable.forget(name);
    this.#portBook.forget(name);
  }

  /** Throws `tunnel-unknown`. */
  tunnel(name: string): ManagedTunnel {
    const managed = this.#tunnels.get(name);
    if (managed === undefined) throw new Failure("tunnel-unknown", `there is no tunnel named "${name}"`);
    return managed;
  }

  #refuseSharedBinds(spec: TunnelSpec): void {
    const known = [...this.#tunnels.values()].map(({ runner }) => runner.spec);
    const shared = sharedBinds([...known, spec]).find(({ tunnel }) => tunnel === spec);
    if (shared !== undefined) throw failureOfShared(shared);
  }
}
