import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import type { HardenRequest } from "../../api/contract.js";
import { onAbort } from "../../base/abort.js";
import { isSocketPath } from "../../base/address.js";
import { systemClock } from "../../base/clock.js";
import { Failure } from "../../base/failure.js";
import type { Logger } from "../../base/logger.js";
import { isGatewayForward } from "../../config/is-gateway-forward.js";
import type { LocalForwardSpec, TunnelSpec } from "../../config/tunnel-spec.js";
import type { Forward } from "../../forward/forward.js";
import type { HardenOutcome, HardenPlan, HardenProgress } from "../../openclaw/harden/report.js";
import type { HardenTask, HardenWorld } from "../../openclaw/harden/world.js";
import { endpointOf } from "../../ssh/names/endpoint-of.js";
import type { SshSession } from "../../ssh/session.js";
import type { TunnelRunner } from "../../tunnel/runner.js";
import type { Supervisor } from "../supervisor.js";

/** A tunnel that is lost in the midst of it comes back by itself; after this it is told that it did not. */
const sessionBackMs = 120_000;

/** What the person asks for besides. */
export type HardenWishes = Pick<HardenRequest, "restart">;

export interface HardeningsContext {
  readonly supervisor: Supervisor;
  readonly stateDir: string;
  readonly log: Logger;
  /** What was known of the tunnel's gateway before may be true no more. */
  readonly onEnd: (tunnel: string) => void;
}

/** The hardenings of this daemon: one at a time for each tunnel. They go on when whoever asked has gone, and end with the daemon. */
export class Hardenings {
  readonly #supervisor: Supervisor;
  readonly #stateDir: string;
  readonly #log: Logger;
  readonly #onEnd: (tunnel: string) => void;
  readonly #running = new Set<string>();
  readonly #stopped = new AbortController();

  constructor({ supervisor, stateDir, log, onEnd }: HardeningsContext) {
    this.#supervisor = supervisor;
    this.#stateDir = stateDir;
    this.#log = log;
    this.#onEnd = onEnd;
  }

  /** Writes nothing. Rejects with `harden-refused`, or with why it could not be looked at. */
  async plan(name: string, wishes: HardenWishes, signal: AbortSignal): Promise<HardenPlan> {
    this.#refuseSecond(name);
    const { world, task } = await this.#prepare(name, wishes);
    const { prepareHarden } = await import("../../openclaw/harden/plan.js");
    return (await prepareHarden(world, task, signal)).plan;
  }

  async apply(
    name: string,
    { agreement, ...wishes }: HardenWishes & { readonly agreement: string },
    tell: (progress: HardenProgress) => void,
  ): Promise<HardenOutcome> {
    this.#refuseSecond(name);
    this.#running.add(name);
    try {
      const { world, task } = await this.#prepare(name, wishes);
      const { applyHarden } = await import("../../openclaw/harden/harden.js");
      const logged = (progress: HardenProgress) => {
        this.#log.info({ event: "harden.step", tunnel: name, step: progress.step, state: progress.state }, progress.detail);
        tell(progress);
      };
      const outcome = await applyHarden(world, task, agreement, logged, this.#stopped.signal);
      this.#log.info(
        { event: "harden.outcome", tunnel: name, outcome: outcome.outcome },
        outcome.failure?.message ?? "the gateway is hardened",
      );
      return outcome;
    } finally {
      this.#running.delete(name);
      if (!this.#stopped.signal.aborted) this.#onEnd(name);
    }
  }

  /** What is under way is left for the next run, which finishes or undoes it. */
  stop(): void {
    this.#stopped.abort(new Failure("harden-unfinished", "the daemon stopped in the midst of it"));
  }

  #refuseSecond(name: string): void {
    if (!this.#running.has(name)) return;
    throw new Failure("harden-refused", `"${name}" is being hardened already`, { hint: "Wait for that to end: `clawtunnel logs -f`." });
  }

  /** Throws `tunnel-unknown`, or `harden-refused` for a tunnel that has no gateway behind it or is not up. */
  async #prepare(name: string, { restart = "" }: HardenWishes): Promise<{ world: HardenWorld; task: HardenTask }> {
    const { runner } = this.#supervisor.tunnel(name);
    const forward = gatewayForward(runner);
    if (runner.session === undefined) {
      throw new Failure("harden-refused", `the tunnel "${name}" is not up`, {
        hint: `Nothing was changed. Open it: \`clawtunnel up ${name}\`.`,
      });
    }
    const { to } = forward.spec;
    const dialled = "container" in to ? undefined : endpointOf(to, runner.session);
    const task = {
      tunnel: name,
      target: runner.facts.target,
      to: dialled === undefined || isSocketPath(dialled) ? null : dialled,
      by: `${userInfo().username}@${hostname()}:${this.#stateDir} ${name}`,
      restart: restart.trim() || null,
    };
    return { world: await this.#world(forward, runner.spec), task };
  }

  async #world(forward: Forward, { name, login, gatewayProfile }: TunnelSpec): Promise<HardenWorld> {
    const [{ checkForward }, { lookFromHere }, { readGatewayConfig }, server, { usualPace }, { hostResolver }] = await Promise.all([
      import("../../health/check-forward.js"),
      import("../../openclaw/audit/reach.js"),
      import("../../openclaw/config/gateway-config.js"),
      Promise.all([import("../../openclaw/server/listeners.js"), import("../../openclaw/server/process.js")]),
      import("../../openclaw/harden/world.js"),
      import("../../ssh/resolve/resolve-host.js"),
    ]);
    const session = (signal: AbortSignal) => this.#session(name, signal);
    return {
      host: session,
      health: async (signal) => checkForward(forward, await session(signal), signal),
      config: (host, signal) => readGatewayConfig(host, gatewayProfile, signal),
      listeners: server[0].lookAtListeners,
      process: server[1].lookAtGatewayProcess,
      reach: (ports, signal) => lookFromHere(login, ports, hostResolver, signal),
      clock: systemClock,
      pace: usualPace,
      newId: () => randomUUID().replaceAll("-", ""),
    };
  }

  /** The tunnel's own reconnection is waited for. */
  #session(name: string, signal: AbortSignal): Promise<SshSession> {
    const { runner } = this.#supervisor.tunnel(name);
    if (runner.session !== undefined) return Promise.resolve(runner.session);
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        unsubscribe();
        forget();
      };
      const timer = setTimeout(() => {
        end();
        reject(new Failure("session-gone", `the tunnel "${name}" did not come back within ${sessionBackMs / 1000} s`));
      }, sessionBackMs);
      const unsubscribe = this.#supervisor.onChange(() => {
        if (runner.session === undefined) return;
        end();
        resolve(runner.session);
      });
      const forget = onAbort(signal, () => {
        end();
        reject(signal.reason);
      });
    });
  }
}

/** The forward behind which the gateway is, as its health check says. */
function gatewayForward({ forwards, spec }: TunnelRunner): Forward & { readonly spec: LocalForwardSpec } {
  const found = forwards.listeners.find((forward): forward is Forward & { readonly spec: LocalForwardSpec } =>
    isGatewayForward(forward.spec),
  );
  if (found !== undefined) return found;
  throw new Failure("harden-refused", `the tunnel "${spec.name}" has no OpenClaw gateway behind it`, {
    hint: "Only a forward with `health: openclaw`, as `clawtunnel up user@host` makes it, can be hardened.",
  });
}
