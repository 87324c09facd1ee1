import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LastExit } from "../../src/service/last-exit.js";
import type { Home, Running } from "../support/clawtunnel.js";
import { until } from "../support/until.js";

/** What services run, and what `up` starts in the background. */
const daemonProgram = fileURLToPath(new URL("../../dist/daemon/clawtunnel-daemon.js", import.meta.url));
const builtLaunch = new URL("../../build/testable/launch.js", import.meta.url).href;

/** The daemon as a service manager would start it. */
export function startService(home: Home, manager: string, env: NodeJS.ProcessEnv = {}): Running {
  return home.startNode([daemonProgram, "service"], { CLAWTUNNEL_SERVICE: manager, JOURNAL_STREAM: undefined, ...env });
}

/** As `clawtunnel restart --daemon` does it. Answers with `done`, or with the failure's code. */
export async function replaceDaemon(home: Home): Promise<string> {
  const script = `
    const { launchDaemon } = await import(${JSON.stringify(builtLaunch)});
    console.log(await launchDaemon({ takesOver: true }).then(() => "done", (error) => error.code));
  `;
  return (await home.startNode(["--input-type=module", "-e", script]).ended).stdout.trim();
}

/** Until its control API answers. Returns its pid. */
export async function untilService(home: Home, service: Running): Promise<number> {
  await until(async () => (await home.daemon.status()).daemon.pid === service.child.pid);
  return service.child.pid ?? 0;
}

export function writeHomeConfig(home: Home, text: string | object): void {
  mkdirSync(dirname(home.paths.configFile), { recursive: true, mode: 0o700 });
  writeFileSync(home.paths.configFile, typeof text === "string" ? text : JSON.stringify(text));
}

export function readLastExit(home: Home): LastExit {
  return JSON.parse(readFileSync(home.paths.lastExitFile, "utf8")) as LastExit;
}

export interface FakeSystemd {
  /** For a service that it is to hear. */
  readonly env: NodeJS.ProcessEnv;
  /** What was said so far, message by message: the socket it was said to, whether a control socket was there, and the words. */
  said(): string[];
}

/** A `systemd-notify` that writes down what it is called with, first on the PATH. */
export function makeFakeSystemd(home: Home): FakeSystemd {
  const folder = join(home.userDir, "bin");
  const story = join(home.userDir, "notified");
  mkdirSync(folder);
  const program = join(folder, "systemd-notify");
  const hasSocket = `$([ -S '${home.paths.controlEndpoint}' ] && echo there || echo absent)`;
  writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET ${hasSocket} $*" >> '${story}'\n`);
  chmodSync(program, 0o755);
  return {
    env: { PATH: `${folder}:${process.env.PATH}`, NOTIFY_SOCKET: "/run/fake/notify" },
    said: () => (existsSync(story) ? readFileSync(story, "utf8").trimEnd().split("\n") : []),
  };
}
