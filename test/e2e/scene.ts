import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { generateEd25519Key } from "../../src/ssh/keys/generate-key.js";
import type { TunnelStatus } from "../../src/tunnel/status.js";
import { createHome, type Home } from "../support/clawtunnel.js";
import { type HttpService, startHttpService } from "../support/http-service.js";
import { freePort } from "../support/sshd.js";
import { startTcpService } from "../support/tcp-service.js";
import { sshdKind, startTestSshd, type TestSshd, type TestSshdOptions } from "../support/test-sshd.js";
import { until } from "../support/until.js";

/** Made for one test and taken down after it, in reverse order. */
export function makeHome(env?: NodeJS.ProcessEnv): Home {
  const home = createHome(env);
  onTestFinished(home.dispose);
  return home;
}

export async function makeSshd(options?: TestSshdOptions): Promise<TestSshd> {
  const sshd = await startTestSshd(options);
  onTestFinished(sshd.dispose);
  return sshd;
}

export async function makeService(...args: Parameters<typeof startHttpService>): Promise<HttpService> {
  const service = await startHttpService(...args);
  onTestFinished(service.close);
  return service;
}

/** A user, a server, a service on it, and a local port for the way there. */
export interface Scene {
  readonly home: Home;
  readonly sshd: TestSshd;
  readonly service: HttpService;
  readonly port: number;
  /** The words behind `up` that open the way: target, forward, key and known_hosts. */
  readonly words: readonly string[];
}

/** Those that this machine can run against its own server. */
export const engines = sshdKind() === "openssh" ? (["ssh2", "openssh"] as const) : (["ssh2"] as const);
export type Engine = (typeof engines)[number];

export async function makeScene(engine: Engine = "ssh2"): Promise<Scene> {
  const [sshd, service, port] = await Promise.all([makeSshd(), makeService(), freePort()]);
  return { home: makeHome(), sshd, service, port, words: [...wordsFor(sshd, port, service.port), ...engineWords(engine)] };
}

/** ssh2 is what is taken when nothing is said. */
export function engineWords(engine: Engine): string[] {
  return engine === "ssh2" ? [] : ["--engine", engine];
}

/** A scene with its tunnel open and verified, named `web`. */
export async function makeOpenScene(engine?: Engine): Promise<Scene> {
  const scene = await makeScene(engine);
  const { code, stdout, stderr } = await scene.home.run("up", ...scene.words, "--name", "web");
  expect(code, stdout + stderr).toBe(0);
  return scene;
}

export function wordsFor(sshd: TestSshd, localPort: number, servicePort: number): string[] {
  return [targetOf(sshd), "-L", `${localPort}:127.0.0.1:${servicePort}`, ...loginWords(sshd)];
}

export function targetOf(sshd: TestSshd): string {
  return `${sshd.user}@${sshd.host}:${sshd.port}`;
}

export function loginWords(sshd: TestSshd): string[] {
  return ["-i", sshd.clientKeyPath, ...knownHostsWords(sshd.knownHostsPath)];
}

/** Nothing of this machine's own ssh set-up is read. */
export function knownHostsWords(path: string): string[] {
  return ["-F", "none", "-o", `UserKnownHostsFile=${path}`, "-o", "GlobalKnownHostsFile=/dev/null"];
}

/** A tunnel as it stands in config.json. */
export function entryFor(sshd: TestSshd, localPort: number, servicePort: number, engine: Engine = "ssh2"): Record<string, unknown> {
  return {
    target: targetOf(sshd),
    ...(engine !== "ssh2" && { engine }),
    forwards: [{ local: `127.0.0.1:${localPort}`, to: `127.0.0.1:${servicePort}` }],
    sshConfig: "none",
    identities: [sshd.clientKeyPath],
    knownHosts: [sshd.knownHostsPath],
    globalKnownHosts: [],
  };
}

/** A private key that no server knows. */
export function makeStrangersKey(home: Home): string {
  const path = join(home.userDir, "strangers_key");
  writeFileSync(path, generateEd25519Key().private);
  chmodSync(path, 0o600);
  return path;
}

/** The tunnel as `isWanted` would have it, once it is so. */
export function untilTunnel(home: Home, name: string, isWanted: (tunnel: TunnelStatus) => boolean): Promise<TunnelStatus> {
  return until(async () => (await tunnels(home)).find((tunnel) => tunnel.name === name && isWanted(tunnel)));
}

export async function tunnels(home: Home): Promise<readonly TunnelStatus[]> {
  return (await home.daemon.status()).tunnels;
}

export const isVerified = (tunnel: TunnelStatus) => tunnel.health === "verified";

/** One HTTP request over a connection of its own. */
export function fetchText(port: number, host = "127.0.0.1", path = "/"): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get({ host, port, path, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.once("end", () => resolve(text));
      response.once("error", reject);
    });
    asked.once("error", reject);
  });
}

export function readConfig(home: Home): { $schema?: string; defaults?: object; tunnels: Record<string, Record<string, unknown>> } {
  return JSON.parse(readFileSync(home.paths.configFile, "utf8"));
}

/** A scene whose service says every word again. */
export async function makeEchoScene(engine: Engine = "ssh2"): Promise<{ home: Home; sshd: TestSshd; servicePort: number; port: number }> {
  const [sshd, echo, port] = await Promise.all([makeSshd(), startTcpService((socket) => void socket.pipe(socket)), freePort()]);
  onTestFinished(echo.close);
  const home = makeHome();
  const { code, stdout, stderr } = await home.run("up", ...wordsFor(sshd, port, echo.port), ...engineWords(engine), "--name", "web");
  expect(code, stdout + stderr).toBe(0);
  return { home, sshd, servicePort: echo.port, port };
}

/** A connection that stays, and on which every word is answered by itself. */
export async function startTalk(port: number): Promise<{ say(word: string): Promise<string>; end(): void }> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opening = connect(port, "127.0.0.1", () => resolve(opening));
    opening.once("error", reject);
  });
  onTestFinished(() => void socket.destroy());
  let heard = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    heard += text;
  });
  socket.on("error", () => {});
  return {
    say: async (word) => {
      heard = "";
      socket.write(word);
      await until(() => heard.length >= word.length || socket.destroyed);
      return heard;
    },
    end: () => void socket.end(),
  };
}

/** Writes the config anew, as an editor would. */
export function editConfig(home: Home, edit: (config: ReturnType<typeof readConfig>) => void): void {
  const config = readConfig(home);
  edit(config);
  writeFileSync(home.paths.configFile, JSON.stringify(config, null, 2));
}
