import type { AuditRecord } from "../../api/history.js";
import { isoTime } from "../../base/clock.js";
import { Failure } from "../../base/failure.js";
import type { Logger } from "../../base/logger.js";
import { isGatewayForward } from "../../config/is-gateway-forward.js";
import { formatTarget } from "../../config/target.js";
import type { TunnelSpec } from "../../config/tunnel-spec.js";
import type { AuditContext } from "../../openclaw/audit/audit.js";
import type { AuditReport } from "../../openclaw/audit/report.js";
import type { ExposureStatus, TunnelStatus } from "../../tunnel/status.js";
import { isAuditDue } from "./audit-times.js";
import { KeptAudits } from "./kept-audits.js";

/** How often it is looked whether one is due: their times are to the minute, and a plain interval comes through sleeps and set clocks. */
const lookEveryMs = 60_000;

/** What of a managed tunnel is needed here. */
export interface AuditedTunnel {
  readonly runner: { readonly spec: TunnelSpec; readonly session: AuditContext["server"] };
  /** Tells who follows the tunnel that its report is another one. */
  readonly announce: () => void;
}

export interface AuditsContext {
  readonly path: string;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly tunnels: {
    /** Throws `tunnel-unknown`. */
    tunnel(name: string): AuditedTunnel;
    report(): readonly TunnelStatus[];
    readonly configFailure: unknown;
  };
  readonly onRecord: (record: AuditRecord) => void;
}

/** Looks at the servers of tunnels, when asked and at their times, one look at a time for each; and knows what was found last. */
export class Audits {
  readonly #context: AuditsContext;
  readonly #kept: KeptAudits;
  readonly #running = new Map<string, Promise<AuditReport>>();
  readonly #ending = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #isFollowing = false;

  constructor(context: AuditsContext) {
    this.#context = context;
    this.#kept = new KeptAudits(context.path, context.log);
    this.#timer = setInterval(() => void this.follow(), lookEveryMs).unref();
  }

  /** What the last audits found behind a tunnel, for `status`; null before there was one that could look. */
  exposureOf({ name, login }: TunnelSpec): ExposureStatus | null {
    const kept = this.#kept.get(name);
    if (kept === undefined || kept.at === null || kept.target !== formatTarget(login.target)) return null;
    const findings = kept.findings.map(({ code, severity, title }) => ({ code, severity, title }));
    return { verdict: kept.verdict, at: kept.at, findings };
  }

  /** Rejects with `tunnel-unknown`, or `usage` for a tunnel with nothing to look at. Whoever asks while one is under way gets its answer. */
  async run(name: string): Promise<AuditReport> {
    const managed = this.#context.tunnels.tunnel(name);
    const running = this.#running.get(name) ?? this.#audit(managed).finally(() => this.#running.delete(name));
    this.#running.set(name, running);
    return running;
  }

  /** Every tunnel that leads to an OpenClaw gateway which can be looked at: not one in a container, for instance. */
  async runAll(): Promise<AuditReport[]> {
    const { tunnels } = this.#context;
    const names = tunnels.report().map(({ name }) => name);
    const gateways = names.filter((name) => tunnels.tunnel(name).runner.spec.forwards.some(isGatewayForward));
    const reports = await Promise.all(gateways.map((name) => this.run(name).catch(unlessMisused)));
    return reports.filter((report) => report !== undefined);
  }

  /** Runs those that are due, one after the other. */
  async follow(): Promise<void> {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    await this.#runUnasked(() => this.#due());
    this.#isFollowing = false;
  }

  /** What the last one found may be true no more. */
  async lookAgain(name: string): Promise<void> {
    await this.#runUnasked(() => [name]);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#ending.abort();
  }

  async #runUnasked(names: () => readonly string[]): Promise<void> {
    for (const name of names()) {
      await this.run(name).catch((error: unknown) =>
        this.#context.log.warn({ event: "audit.failed", tunnel: name, err: error }, "an audit that was due could not be made"),
      );
    }
  }

  #due(): string[] {
    const { tunnels, nowMs } = this.#context;
    const all = tunnels.report();
    if (tunnels.configFailure === undefined) this.#kept.keepOnly(new Set(all.map(({ name }) => name)));
    return all.flatMap(({ name, health, healthSince }) => {
      const { spec } = tunnels.tunnel(name).runner;
      const kept = this.#kept.get(name);
      const triedAt = kept?.target === formatTarget(spec.login.target) ? kept.triedAt : null;
      const triedMs = triedAt === null ? undefined : Date.parse(triedAt);
      const verifiedMs = health === "verified" && healthSince !== null ? Date.parse(healthSince) : undefined;
      return isAuditDue({ tunnel: name, schedule: spec.auditSchedule, triedMs, verifiedMs, nowMs: nowMs() }) ? [name] : [];
    });
  }

  async #audit(managed: AuditedTunnel): Promise<AuditReport> {
    const { spec, session } = managed.runner;
    // Loaded when it is first needed: most days nobody asks.
    const [{ audit }, { rememberAudit }, { hostResolver }] = await Promise.all([
      import("../../openclaw/audit/audit.js"),
      import("../../openclaw/audit/remember.js"),
      import("../../ssh/resolve/resolve-host.js"),
    ]);
    const { nowMs, log, onRecord } = this.#context;
    const context = { server: session, resolver: hostResolver, profile: spec.gatewayProfile, nowMs };
    const report = await audit(spec, context, this.#ending.signal);
    const { kept, fresh } = rememberAudit(this.#kept.get(spec.name), report, session !== undefined);
    this.#kept.set(spec.name, kept);
    log.info({ event: "audit.done", tunnel: spec.name, verdict: report.verdict }, `audit: ${report.verdict}`);
    for (const { code, severity, port, title } of fresh) {
      log.warn({ event: "audit.finding", tunnel: spec.name, code, severity, port }, title);
    }
    if (fresh.length > 0) {
      const findings = fresh.map(({ code, severity, port, title }) => ({ code, severity, port, title }));
      onRecord({ at: isoTime(nowMs()), type: "audit", tunnel: spec.name, verdict: report.verdict, findings });
    }
    managed.announce();
    return report;
  }
}

function unlessMisused(error: unknown): undefined {
  if (error instanceof Failure && error.code === "usage") return undefined;
  throw error;
}
