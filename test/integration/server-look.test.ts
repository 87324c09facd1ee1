import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lookAtServer } from "../../src/openclaw/audit/server-facts.js";
import { lookAtListeners } from "../../src/openclaw/server/listeners.js";
import { lookAtGatewayProcess } from "../../src/openclaw/server/process.js";
import type { RemoteHost } from "../../src/ssh/session.js";
import { localHost } from "../support/local-host.js";

const listenScript = `
  const server = require("node:net").createServer();
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
  process.stdin.on("end", () => process.exit()).resume();
`;
const shells = ["dash", "bash", "busybox"].filter((shell) => spawnSync(shell, ["--help"]).error === undefined);
const tools = ["sh", "cat", "grep", "sed", "awk", "tr", "sort", "head", "ls", "getent"];

let child: ChildProcess;
let port: number;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "look-"));
  writeFileSync(join(folder, "listen.cjs"), listenScript);
  child = spawn(process.execPath, ["listen.cjs", "gateway", "--bind", "lan", "--token", "hunter2"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, OPENCLAW_GATEWAY_BIND: "tailnet" },
    // However long the path of this Node is: what is said of a command is cut.
    argv0: "node",
    cwd: folder,
  });
  const [line] = await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), "line");
  port = Number(line);
});

afterEach(async () => {
  const exited = once(child, "exit");
  child.stdin?.end();
  await exited;
  rmSync(folder, { recursive: true });
});

/** A server that has no programs but these. */
function serverWith(...programs: string[]): RemoteHost {
  for (const name of [...tools, ...programs]) {
    const found = spawnSync("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin; command -v ${name}`], { encoding: "utf8" }).stdout.trim();
    if (found !== "") symlinkSync(found, join(folder, name));
  }
  return {
    exec: (command, options, signal) =>
      localHost({ PATH: folder }).exec(command, { input: options.input?.replaceAll(/PATH="[^"]*"/g, `PATH=${folder}`) ?? "" }, signal),
  };
}

/** As if the log-in shell's `sh` were this one. */
function serverWithShell(shell: string): RemoteHost {
  const program = shell === "busybox" ? "busybox sh -s" : `${shell} -s`;
  return { exec: (_command, options, signal) => localHost().exec(program, options, signal) };
}

describe.skipIf(process.platform !== "linux")("a look at a server over its shell", () => {
  const signal = new AbortController().signal;

  it.each(shells)("sees a listener and whose it is, by %s", async (shell) => {
    const { listeners } = await lookAtListeners(serverWithShell(shell), [port], signal);
    expect(listeners).toMatchObject([{ host: "127.0.0.1", port, pid: child.pid }]);
    expect(listeners[0]?.command).toContain("gateway --bind lan --token ***");
  });

  it.each([
    ["ss", ["ss"]],
    ["proc", []],
  ] as const)("sees the same by %s alone", async (by, programs) => {
    const found = await lookAtListeners(serverWith(...programs), [port, port === 65_535 ? 1 : port + 1], signal);
    expect(found.by).toBe(by);
    expect(found.listeners).toMatchObject([{ host: "127.0.0.1", port, pid: child.pid }]);
    expect(JSON.stringify(found)).not.toContain("hunter2");
  });

  it.each(shells)("sees how a process was started, by %s", async (shell) => {
    expect(await lookAtGatewayProcess(serverWithShell(shell), child.pid ?? 0, signal)).toMatchObject({
      pid: child.pid,
      bindFlag: "lan",
      bindEnv: "tailnet",
    });
  });

  it.each(shells)("sees the folder of the configuration, also with a quote in its name, by %s", async (shell) => {
    const odd = join(folder, "o'dd folder");
    mkdirSync(odd, { mode: 0o700 });
    const { folder: seen } = await lookAtServer(serverWithShell(shell), join(odd, "openclaw.json"), signal);
    expect(seen).toMatchObject({ mode: expect.stringMatching(/^drwx------/), path: odd });
  });
});
