import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../../src/base/failure.js";
import type { Look, Reached } from "../../../src/openclaw/audit/facts.js";
import type { GatewayConfig } from "../../../src/openclaw/config/gateway-config.js";
import { parseJson5 } from "../../../src/openclaw/config/json5.js";
import { applyHarden } from "../../../src/openclaw/harden/harden.js";
import { prepareHarden } from "../../../src/openclaw/harden/plan.js";
import type { HardenOutcome, HardenProgress } from "../../../src/openclaw/harden/report.js";
import type { HardenPace, HardenTask, HardenWorld } from "../../../src/openclaw/harden/world.js";
import type { GatewayProcess } from "../../../src/openclaw/server/process.js";
import type { RemoteHost } from "../../../src/ssh/session.js";
import { FakeGateway, type FakeGatewayHabits } from "../../support/fake-gateway.js";
import { localHost } from "../../support/local-host.js";

export const original = `// the gateway of the house
{
  gateway: {
    mode: "local", // not remote
    port: 18789,
    bind: "lan",
    auth: { mode: "token", token: "t0p-s3cret-of-the-house" },
  },
}
`;

/** Looks are counted in place of time: each takes some ms of the scene's clock. */
export const fastPace: HardenPace = {
  pollMs: 1,
  steadyMs: 0,
  steadyLooks: 2,
  stillMaxMs: 100,
  awayMaxMs: 150,
  drainMaxMs: 200,
  overallMaxMs: 20_000,
  execMaxMs: 20_000,
  leaseMs: 60_000,
};

export const task: HardenTask = {
  tunnel: "openclaw",
  target: "me@box:22",
  to: { host: "127.0.0.1", port: 18_789 },
  by: "me@laptop openclaw",
  restart: null,
};

/** A server's folder with a gateway's file in it, and the gateway. */
export class HardenScene {
  readonly folder = mkdtempSync(join(tmpdir(), "clawtunnel-harden-"));
  readonly file: string;
  readonly local = quickHost(localHost());
  gateway: FakeGateway;
  process: Partial<GatewayProcess> = {};
  /** What a dial from here to the server's address would find; undefined: the gateway, when it listens there. */
  reached: Look<readonly Reached[]> | undefined;
  readonly #habits: FakeGatewayHabits;
  readonly #text: string;
  #ids = 0;
  #nowMs = 0;

  constructor(habits: FakeGatewayHabits = {}, text = original, file?: string) {
    this.#habits = habits;
    this.#text = text;
    this.file = file ?? join(this.folder, "openclaw.json");
    writeFileSync(this.file, text);
    this.gateway = new FakeGateway(this.file, habits);
  }

  /** Everything as it was at first: what was agreed to then still holds. */
  reset(): void {
    for (const name of this.beside) rmSync(join(this.folder, name), { recursive: true, force: true });
    writeFileSync(this.file, this.#text);
    this.gateway = new FakeGateway(this.file, this.#habits);
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  get text(): string {
    return readFileSync(this.file, "utf8");
  }

  /** What stands beside the file. */
  get beside(): string[] {
    return readdirSync(this.folder).filter((name) => name !== "openclaw.json");
  }

  world(host: RemoteHost = this.local): HardenWorld {
    const ask = async (signal: AbortSignal) => {
      if ((await host.exec("true", {}, signal)).exitCode !== 0) throw new Failure("exec-failed", "it did not come to its end");
    };
    return {
      host: async () => host,
      health: async () => this.gateway.health(),
      config: async (_, signal) => {
        await ask(signal);
        return this.#config();
      },
      listeners: async (_, [port = 0], signal) => {
        await ask(signal);
        const listeners = this.gateway.hosts.map((at) => ({ host: at, port, pid: process.pid, command: "node", user: "me", evidence: "" }));
        return { by: "ss", listeners };
      },
      process: async (_, pid, signal) => {
        await ask(signal);
        return { ...plainProcess, pid, ...this.process };
      },
      reach: async ([{ port } = { port: 0 }]) => this.reached ?? { seen: [reachedAt(port, this.gateway.hosts.includes("0.0.0.0"))] },
      clock: { monotonicMs: () => (this.#nowMs += 20) },
      pace: fastPace,
      newId: () => `id${++this.#ids}`,
    };
  }

  #config(): GatewayConfig {
    const { gateway } = parseJson5(this.text) as { gateway: { bind?: string; port: number } };
    return { ...plainConfig, file: this.file, bindFile: this.file, bind: gateway.bind ?? null, port: gateway.port };
  }

  async agree(world = this.world(), about = task): Promise<string> {
    return (await prepareHarden(world, about, new AbortController().signal)).plan.agreement;
  }

  /** As `clawtunnel harden --yes` does it. */
  async harden(
    world = this.world(),
    signal = new AbortController().signal,
    told: HardenProgress[] = [],
    about = task,
  ): Promise<HardenOutcome> {
    return applyHarden(world, about, await this.agree(world, about), (progress) => told.push(progress), signal);
  }
}

/** Starts no shell for `true`, which stands for the looks that are fakes here. */
function quickHost(host: RemoteHost): RemoteHost {
  return { exec: async (command, ...rest) => (command === "true" ? { exitCode: 0, stdout: "", stderr: "" } : host.exec(command, ...rest)) };
}

export function reachedAt(port: number, isGateway: boolean): Reached {
  const answer = isGateway ? "gateway" : "nothing";
  return { address: "203.0.113.7", port, scope: "public", answer, detail: isGateway ? "an OpenClaw gateway's" : "refused" };
}

const plainProcess: Omit<GatewayProcess, "pid"> = {
  user: "me",
  bindFlag: null,
  bindEnv: null,
  unit: null,
  container: null,
  isServerContainer: false,
};

const plainConfig: Omit<GatewayConfig, "file" | "bindFile" | "bind" | "port"> = {
  exists: true,
  files: [],
  portFrom: "file",
  customBindHost: null,
  authMode: "token",
  hasSecret: true,
  reloadMode: null,
  tailscaleMode: null,
};
