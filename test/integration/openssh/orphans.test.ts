import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { isProcessAlive, processStartedAt } from "../../../src/base/process-identity.js";
import { loginTo } from "../../support/login.js";
import { hasOpenSsh, Scene } from "./scene.js";

const scene = new Scene();
afterEach(scene.cleanups.run);

const engineModule = new URL("../../../build/testable/engine.js", import.meta.url).href;
const resolveModule = new URL("../../../build/testable/resolve-host.js", import.meta.url).href;

/** A process that logs in and then only is there, as a daemon that gets killed. */
async function holder(folders: object, login: object, terminal: boolean): Promise<ChildProcess> {
  const script = `
    const { createOpensshEngine } = await import(${JSON.stringify(engineModule)});
    const { resolveHost } = await import(${JSON.stringify(resolveModule)});
    const signal = new AbortController().signal;
    const login = ${JSON.stringify(login)};
    const withoutTerminal = ${terminal} ? {} : { loadPty: async () => undefined };
    const engine = createOpensshEngine({ ...${JSON.stringify(folders)}, ...withoutTerminal });
    const person = { ask: () => Promise.reject(new Error("nobody")), tell: () => () => {}, accepted: () => {} };
    const context = { person, agentSocket: undefined, acceptedHostKeys: new Set(), onResolved() {}, onUnknownHostKey() {} };
    await engine.connect(await resolveHost(login, signal), login, context, signal);
    console.log("stands");
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  scene.cleanups.add(() => child.kill("SIGKILL"));
  await once(createInterface({ input: child.stdout }), "line");
  return child;
}

describe.skipIf(!hasOpenSsh || !existsSync(fileURLToPath(engineModule)))("a daemon that was killed", () => {
  it.each([
    ["with a terminal", true],
    ["without one", false],
  ])("leaves nothing behind once the next one has started: no ssh %s, no folder, no receipt", async (_, terminal) => {
    const sshd = await scene.sshd();
    const folders = scene.folders();
    const child = await holder(folders, loginTo(sshd, { engine: "openssh" }), terminal);
    await expect.poll(() => sshd.countSessions()).toBe(1);
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    // It may die in the middle of writing one, too.
    writeFileSync(join(folders.stateDir, "ssh", "half.json.1.tmp"), '{"ownerPid":1,');
    await scene.engine(folders).reap();
    await expect.poll(() => sshd.countSessions()).toBe(0);
    expect([...readdirSync(folders.runtimeDir), ...readdirSync(join(folders.stateDir, "ssh"))]).toEqual([]);
  });

  it("is not one that still runs: its ssh is left alone", async () => {
    const sshd = await scene.sshd();
    const folders = scene.folders();
    await holder(folders, loginTo(sshd, { engine: "openssh" }), true);
    await scene.engine(folders).reap();
    expect(sshd.countSessions()).toBe(1);
    expect(readdirSync(join(folders.stateDir, "ssh"))).toHaveLength(1);
  });

  it("is not answered for by a process that only has the pid of its ssh", async () => {
    const folders = scene.folders();
    const innocent = spawn("sleep", ["60"], { detached: true });
    scene.cleanups.add(() => innocent.kill("SIGKILL"));
    const pid = innocent.pid ?? 0;
    // A receipt of another process that had this pid; what else it names is not removed either.
    const receipt = {
      ownerPid: 1 << 22,
      ownerStartedAt: "1",
      pid,
      startedAt: await processStartedAt(pid),
      words: ["-N"],
      socketFolder: folders.stateDir,
    };
    await scene.connect(await scene.sshd(), {}, {}, { engine: scene.engine(folders) });
    writeFileSync(join(folders.stateDir, "ssh", "old.json"), JSON.stringify(receipt));
    await scene.engine(folders).reap();
    expect(isProcessAlive(pid)).toBe(true);
    expect(readdirSync(join(folders.stateDir, "ssh"))).toHaveLength(1);
  });
});
