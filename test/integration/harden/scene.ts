import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

/** Looks are counted in place of time. */
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
};

/** A server's folder with a gateway's file in it, and the gateway. */
export class HardenScene {
  readonly folder = mkdtempSync(join(tmpdir(), "clawtunnel-harden-"));
  readonly file: string;
  readonly gateway: FakeGateway;
  readonly local = localHost();
  process: Partial<GatewayProcess> = {};
  #ids = 0;

  constructor(habits: FakeGatewayHabits = {}, text = original, file?: string) {
    this.file = file ?? join(this.folder, "openclaw.json");
    writeFileSync(this.file, text);
    this.gateway = new FakeGateway(this.file, habits);
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
    const ask = (signal: AbortSignal) => host.exec("sh -s", { input: "true" }, signal);
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
      clock: { monotonicMs: () => performance.now() },
      pace: fastPace,
      newId: () => `id${++this.#ids}`,
    };
  }

  #config(): GatewayConfig {
    const { gateway } = parseJson5(this.text) as { gateway: { bind?: string; port: number } };
    return { ...plainConfig, file: this.file, bindFile: this.file, bind: gateway.bind ?? null, port: gateway.port };
  }

  /** As `clawtunnel harden --yes` does it. */
  async harden(world = this.world(), signal = new AbortController().signal, told: HardenProgress[] = []): Promise<HardenOutcome> {
    const { plan } = await prepareHarden(world, task, signal);
    return applyHarden(world, task, plan.agreement, (progress) => told.push(progress), signal);
  }
}

const plainProcess: Omit<GatewayProcess, "pid"> = {
  startedTicks: "1",
  user: "me",
  bindFlag: null,
  portFlag: null,
  bindEnv: null,
  portEnv: null,
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
  usesSandbox: false,
  tailscaleMode: null,
};
