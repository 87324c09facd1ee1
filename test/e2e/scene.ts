import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { generateEd25519Key } from "../../src/demo/ssh-server.js";
import type { TunnelStatus } from "../../src/tunnel/status.js";
import { createHome, type Home } from "../support/clawtunnel.js";
import { type HttpService, startHttpService } from "../support/http-service.js";
import { freePort } from "../support/sshd.js";
import { startTestSshd, type TestSshd, type TestSshdOptions } from "../support/test-sshd.js";
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

export async function makeScene(): Promise<Scene> {
  const [sshd, service, port] = await Promise.all([makeSshd(), makeService(), freePort()]);
  return { home: makeHome(), sshd, service, port, words: wordsFor(sshd, port, service.port) };
}

/** A scene with its tunnel open and verified, named `web`. */
export async function makeOpenScene(): Promise<Scene> {
  const scene = await makeScene();
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

export function knownHostsWords(path: string): string[] {
  return ["-o", `UserKnownHostsFile=${path}`, "-o", "GlobalKnownHostsFile=/dev/null"];
}

/** A tunnel as it stands in config.json. */
export function entryFor(sshd: TestSshd, localPort: number, servicePort: number): Record<string, unknown> {
  return {
    target: targetOf(sshd),
    forwards: [{ local: `127.0.0.1:${localPort}`, to: `127.0.0.1:${servicePort}` }],
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
