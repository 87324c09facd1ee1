import { isDeepStrictEqual } from "node:util";
import { type Endpoint, formatEndpoint } from "../../base/address.js";
import { isoTime } from "../../base/clock.js";
import type { DeepSpec } from "../../config/tunnel-spec.js";
import type { Forward } from "../../forward/forward.js";
import { dialHere } from "../../forward/remote/dial-here.js";
import type { SshSession } from "../../ssh/session.js";
import { checkForward } from "../check-forward.js";
import type { DialService, HealthResult } from "../result.js";
import { type DeepContext, DeepWatch } from "./deep/deep-watch.js";
import type { GatewaySeen } from "./gateway-seen.js";
import { compareGateways, type GatewayLook } from "./identity.js";

/** What is known of the gateway at one destination. */
interface Known {
  readonly deepSpec: DeepSpec | null;
  readonly deep: DeepWatch | undefined;
  look?: GatewayLook;
  startedAtMs: number | null;
  /** Why it is not the one that answered before. */
  warning?: string;
}

/** What one tunnel remembers of the gateways behind its forwards from check to check, and from session to session. */
export class GatewayWatch {
  readonly #context: DeepContext;
  readonly #known = new Map<string, Known>();

  constructor(context: DeepContext) {
    this.#context = context;
  }

  /** What a person should know, until they open the tunnel anew. */
  get warnings(): string[] {
    return [...this.#known.values()].flatMap(({ warning }) => warning ?? []);
  }

  /** A person wants the tunnel, and takes what is there for what they want. Tells whether a refusal is worth another try for that. */
  accept(isAttended: boolean): boolean {
    if (isAttended) this.#context.tokens.attend();
    const known = [...this.#known.values()];
    for (const each of known) delete each.warning;
    const stopped = known.flatMap(({ deep }) => (deep?.seen?.state === "stopped" ? deep : []));
    for (const deep of stopped) deep.forget();
    return stopped.length > 0;
  }

  /** As `checkForward`, and whether it is still the same gateway, and now and then whether it takes the token. Never throws. */
  async check(forward: Forward, session: SshSession, signal: AbortSignal): Promise<HealthResult> {
    const { spec } = forward;
    const result = await checkForward(forward, session, signal);
    const { check } = spec.health;
    const { gateway } = result;
    if (check.kind !== "openclaw" || spec.kind === "dynamic" || gateway === undefined) return result;
    const known = this.#knownAt(spec.to, check.deep);
    const before = known.look;
    const now = this.#lookAt(gateway);
    if (before && now && compareGateways(before, now) !== "same") known.deep?.forget();
    const dial: DialService = (deadline) => (spec.kind === "local" ? session.dial(spec.to, deadline) : dialHere(spec.to, deadline));
    const isThere = result.state === "ok";
    const bootId = isThere ? ((await known.deep?.ask(spec.to, dial, signal)) ?? null) : null;
    if (now !== undefined) this.#recognise(known, { ...now, bootId }, spec.to);
    const whole = { ...gateway, startedAtMs: now ? known.startedAtMs : null, deep: known.deep?.seen ?? null };
    const failure = isThere ? known.deep?.failure : undefined;
    if (failure === undefined) return { ...result, gateway: whole };
    return { state: "failing", detail: failure.message, failure, gateway: whole };
  }

  #knownAt(to: Endpoint, deepSpec: DeepSpec | null): Known {
    const where = formatEndpoint(to);
    const before = this.#known.get(where);
    if (before !== undefined && isDeepStrictEqual(before.deepSpec, deepSpec)) return before;
    const deep = deepSpec === null ? undefined : new DeepWatch(deepSpec, this.#context);
    const known: Known = { startedAtMs: null, ...before, deepSpec, deep };
    this.#known.set(where, known);
    return known;
  }

  #lookAt({ uptimeMs }: GatewaySeen): GatewayLook | undefined {
    const { clock } = this.#context;
    return uptimeMs === null ? undefined : { uptimeMs, wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs(), bootId: null };
  }

  #recognise(known: Known, now: GatewayLook, to: Endpoint): void {
    const { log, tunnel } = this.#context;
    const before = known.look;
    const change = before === undefined ? "same" : compareGateways(before, now);
    const startedAtMs = now.wallMs - now.uptimeMs;
    const isFirst = before === undefined;
    known.look = { ...now, bootId: now.bootId ?? (change === "same" ? (before?.bootId ?? null) : null) };
    const fields = { tunnel, to: formatEndpoint(to), startedAt: isoTime(startedAtMs) };
    if (change === "restarted") log.info({ event: "gateway.restarted", ...fields }, "the gateway has restarted");
    if (change === "different" && known.startedAtMs !== null) {
      known.warning = `another gateway answers at ${formatEndpoint(to)} than before: it runs since ${isoTime(startedAtMs)}, the other one since ${isoTime(known.startedAtMs)}`;
      log.warn({ event: "gateway.changed", ...fields }, known.warning);
    }
    if (isFirst || change !== "same") known.startedAtMs = startedAtMs;
  }
}
