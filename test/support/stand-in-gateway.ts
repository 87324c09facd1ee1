import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { until } from "./until.js";

const program = fileURLToPath(new URL("../../docker/stand-in-gateway/gateway.mjs", import.meta.url));

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Between the end of a service and its next start. */
const awayMs = 300;

/** What the gateway does from now on; docker/stand-in-gateway/README.md tells what each means. */
export interface GatewayControl {
  readonly phase?: "starting" | "draining" | "started";
  readonly startingMs?: number;
  readonly drainingMs?: number;
  readonly awayMs?: number;
  readonly comesBack?: "as-told" | "everywhere" | "never" | "exit-78";
}

export interface GatewayOptions {
  /** The text of its configuration, as it stands in the file: JSON5. */
  readonly config: string;
  readonly version?: "2026.9.6" | "2026.3.13" | "2026.2.9";
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly control?: GatewayControl;
  /** Started again whenever it ends, but for a status of 78. Without that it restarts within its process, and keeps its bind. */
  readonly isService?: boolean;
  /** What stands before `node`: `ip netns exec NAME`. */
  readonly wrap?: readonly string[];
}

/** docker/stand-in-gateway as a process of this machine. Its state folder is `.openclaw` in `home`, as a user's is. */
export interface StandInGateway {
  /** Of the process that runs now. */
  readonly pid: number;
  readonly configFile: string;
  readonly token: string;
  /** Everything that it said. */
  log(): string;
  readConfig(): string;
  /** Puts another configuration in place at once, as an editor does. */
  writeConfig(text: string): void;
  control(control: GatewayControl): void;
  /** Stops it in the middle of everything: it accepts, because the kernel does, and answers nothing. */
  freeze(): void;
  thaw(): void;
  crash(): void;
  /** Resolves with its exit code, or null when a signal ended it; of a service when it is not started again. */
  readonly ended: Promise<number | null>;
  /** Ends it as a service manager does. */
  stop(): Promise<void>;
}

export const standInToken = "stand-in-token";

/** `{gateway: …}` with what a gateway needs to start, and these settings in it. */
export function gatewayConfig(settings: string): string {
  return `// A person wrote this.\n{\n  gateway: {\n    mode: 'local',\n    auth: { mode: 'token', token: '${standInToken}' },\n    ${settings}\n  },\n}\n`;
}

/** Starts it; with `isReady` false one that need not come so far. `home` is a folder of the test's own. */
export async function startStandInGateway(home: string, options: GatewayOptions, isReady = true): Promise<StandInGateway> {
  const folder = join(home, ".openclaw");
  const [configFile, controlFile] = [join(folder, "openclaw.json"), join(folder, "stand-in-control.json")];
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(configFile, options.config, { mode: 0o600 });
  const replace = (path: string, text: string) => {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  replace(controlFile, JSON.stringify(options.control ?? {}));

  const argv = [program, "--control", controlFile, "--version", options.version ?? "2026.9.6", ...(options.flags ?? [])];
  const [command = "", ...words] = [...(options.wrap ?? []), process.execPath, ...argv];
  const service = options.isService === true ? { OPENCLAW_SYSTEMD_UNIT: "openclaw-gateway.service" } : {};
  const env = { PATH: process.env.PATH, HOME: home, STAND_IN_CONTAINER: "no", ...service, ...options.env };
  let log = "";
  let isStopped = false;
  const run = (): ChildProcess => {
    const child = spawn(command, words, { env, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    child.once("exit", () => running.delete(child));
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (log += text));
    return child;
  };
  let child = run();
  const keep = async (): Promise<number | null> => {
    for (;;) {
      await once(child, "exit");
      if (options.isService !== true || isStopped || child.exitCode === 78) return child.exitCode;
      await delay(options.control?.awayMs ?? awayMs);
      if (isStopped) return child.exitCode;
      child = run();
    }
  };
  const ended = keep();
  if (isReady) {
    await until(() => log.includes("[gateway] ready") || child.exitCode !== null);
    if (child.exitCode !== null) throw new Error(`the stand-in gateway ended with ${child.exitCode}: ${log}`);
  }
  return {
    get pid() {
      return child.pid ?? 0;
    },
    configFile,
    token: standInToken,
    log: () => log,
    readConfig: () => readFileSync(configFile, "utf8"),
    writeConfig: (text) => replace(configFile, text),
    control: (control) => replace(controlFile, JSON.stringify(control)),
    freeze: () => child.kill("SIGSTOP"),
    thaw: () => child.kill("SIGCONT"),
    crash: () => child.kill("SIGKILL"),
    ended,
    stop: async () => {
      isStopped = true;
      child.kill("SIGTERM");
      child.kill("SIGCONT");
      await ended;
    },
  };
}
