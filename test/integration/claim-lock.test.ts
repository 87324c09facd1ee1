import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listenOnEndpoint } from "../../src/api/endpoint.js";
import { processStartTicks } from "../../src/base/process-identity.js";
import { type Paths, resolvePaths } from "../../src/config/paths.js";
import { type ClaimOptions, claimLock } from "../../src/daemon/lock/claim-lock.js";
import { type Holder, readHolder } from "../../src/daemon/lock/lock-holder.js";
import { Cleanups } from "../support/cleanups.js";

const hasProc = existsSync("/proc/self/stat");
const hourS = 3_600;

const cleanups = new Cleanups();
let paths: Paths;
beforeEach(() => {
  const home = cleanups.folder();
  paths = resolvePaths({ platform: process.platform, env: { CLAWTUNNEL_HOME: home }, home, user: "me" });
  mkdirSync(paths.stateDir, { recursive: true });
});
afterEach(cleanups.run);

describe("a lock that names a pid which some process has now", () => {
  const unsure = (pid: number): Partial<Holder> => ({ pid, startTicks: null });

  it("is taken when nobody listens where its daemon did", async () => {
    leaveLock(unsure(startStranger()), hourS);
    const { lock, predecessor } = await claim();
    expect(readHolder(paths.lockFile)).toMatchObject({ pid: process.pid, nonce: lock.nonce, endpoint: paths.controlEndpoint });
    expect(predecessor).toBeUndefined();
  });

  it.runIf(hasProc)("is taken when even the start time fits by chance, but the machine was started again since", async () => {
    const pid = startStranger();
    leaveLock({ pid, startTicks: processStartTicks(pid), bootId: "of the boot before" }, hourS);
    expect((await claim()).lock.isTakenOver()).toBe(false);
  });

  it("is respected when its daemon answers where it says, wherever this one would listen", async () => {
    const endpoint = join(cleanups.folder(), "run", "control.sock");
    await answerAt(endpoint);
    leaveLock({ ...unsure(startStranger()), endpoint }, hourS);
    await expect(claim()).rejects.toMatchObject({ code: "daemon-running" });
  });

  it("is respected when it is so young that its daemon may have yet to listen", async () => {
    leaveLock(unsure(startStranger()), 1);
    await expect(claim()).rejects.toMatchObject({ code: "daemon-running" });
  });

  it.runIf(hasProc)("is respected for certain when the process is the very one that took it, whether it listens or not", async () => {
    const pid = startStranger();
    leaveLock({ pid, startTicks: processStartTicks(pid) }, hourS);
    await expect(claim()).rejects.toMatchObject({ code: "daemon-running" });
  });
});

describe("taking over", () => {
  it("asks a daemon that was started by hand to end, and to hand over what is in no file", async () => {
    const asked = await holdLock("new");
    leaveHandover("holder", [{ name: "once", tunnel: { target: "x" } }, { tunnel: {} }, 5]);

    const { predecessor, handover } = await claim({ takesOver: true, service: "systemd" });

    expect(asked()).toEqual([{ handOver: true }]);
    expect(predecessor).toMatchObject({ nonce: "holder" });
    expect(handover).toEqual({ agentSocket: "/agent", tunnels: [{ name: "once", tunnel: { target: "x" } }] });
    expect(existsSync(paths.handoverFile)).toBe(false);
    expect(readHolder(paths.lockFile)).toMatchObject({ pid: process.pid, service: "systemd" });
  });

  it("asks an older daemon, which does not know of handing over, only to end", async () => {
    const asked = await holdLock("old");
    const { handover } = await claim({ takesOver: true });
    expect(asked()).toEqual([{ handOver: true }, {}]);
    expect(handover).toBeUndefined();
  });

  it("does not take what was handed over by another than the one that it asked", async () => {
    await holdLock("new");
    leaveHandover("another", []);
    expect((await claim({ takesOver: true })).handover).toBeUndefined();
    expect(existsSync(paths.handoverFile)).toBe(false);
  });

  it.each(["garbage", "null", '{"nonce":"holder"}', '{"nonce":"holder","tunnels":5}'])(
    "makes do without what it cannot read: %s",
    async (text) => {
      await holdLock("new");
      writeFileSync(paths.handoverFile, text);
      expect((await claim({ takesOver: true })).handover).toBeUndefined();
    },
  );

  it("asks nobody to end for one that is not to take over, nor the daemon of a service", async () => {
    const asked = await holdLock("new", { service: "launchd" });
    await expect(claim({ takesOver: true, service: "systemd" })).rejects.toMatchObject({
      code: "daemon-running",
      message: expect.stringContaining("started by launchd"),
    });
    await expect(claim()).rejects.toMatchObject({ code: "daemon-running" });
    expect(asked()).toEqual([]);
  });

  it("waits for one that has just taken the lock and has yet to listen", async () => {
    leaveLock({ pid: startStranger(), nonce: "holder" }, 0);
    const claiming = claim({ takesOver: true });
    const asked = await holdLock("new");
    await claiming;
    expect(asked()).toEqual([{ handOver: true }]);
  });

  it("gives up on one that does not let go of its lock", async () => {
    await holdLock("deaf");
    await expect(claim({ takesOver: true })).rejects.toMatchObject({
      code: "daemon-unresponsive",
      message: expect.stringContaining("was asked to end, and has not"),
    });
  });
});

async function claim(options: Partial<ClaimOptions> = {}) {
  const claimed = await claimLock(paths, { service: "none", takesOver: false, ...options });
  cleanups.add(claimed.lock.release);
  return claimed;
}

/** A program that is no daemon. Returns its pid. */
function startStranger(): number {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  cleanups.add(() => end(child));
  return child.pid ?? 0;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

function leaveLock(holder: Partial<Holder>, ageS: number): void {
  writeFileSync(paths.lockFile, JSON.stringify({ startTicks: null, nonce: "left", ...holder }));
  const writtenS = Date.now() / 1_000 - ageS;
  utimesSync(paths.lockFile, writtenS, writtenS);
}

function leaveHandover(nonce: string, left: readonly unknown[]): void {
  writeFileSync(paths.handoverFile, JSON.stringify({ nonce, agentSocket: "/agent", tunnels: left }));
}

async function answerAt(endpoint: string): Promise<void> {
  const server = createServer((_, response) => response.end("ok\n"));
  await listenOnEndpoint(server, endpoint);
  cleanups.add(() => server.close());
}

/**
 * A daemon of a process of its own that lets go of its lock when it is told to end: `old` knows of no handing over, `deaf` never does.
 * Returns what it was asked so far.
 */
async function holdLock(kind: "new" | "old" | "deaf", more: Partial<Holder> = {}): Promise<() => unknown[]> {
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    request.once("end", () => {
      const body: unknown = JSON.parse(text);
      bodies.push(body);
      const isRefused = kind === "old" && JSON.stringify(body) !== "{}";
      response.writeHead(isRefused ? 400 : 200);
      response.end(JSON.stringify(isRefused ? { error: { code: "request-invalid", message: "no such word", hint: "" } } : { ok: true }));
      if (!isRefused && kind !== "deaf") writeFileSync(paths.lockFile, "");
    });
  });
  mkdirSync(dirname(paths.controlEndpoint), { recursive: true });
  await listenOnEndpoint(server, paths.controlEndpoint);
  cleanups.add(() => server.close());
  if (!existsSync(paths.lockFile) || readFileSync(paths.lockFile, "utf8") === "")
    leaveLock({ pid: startStranger(), nonce: "holder", ...more }, 0);
  return () => bodies;
}
