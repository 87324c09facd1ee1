import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { processStartTicks } from "../../src/base/process-identity.js";
import { takeLock } from "../../src/daemon/lock/lock.js";
import { livingHolder } from "../../src/daemon/lock/lock-holder.js";
import { Cleanups } from "../support/cleanups.js";

const builtLock = new URL("../../build/testable/lock.js", import.meta.url).href;
const hasProc = existsSync("/proc/self/stat");

/** Takes the lock when told to, says how it went, and does what each line asks until its input ends. */
const contender = `
  const { takeLock } = await import(process.argv[1]);
  const path = process.argv[2];
  let lock;
  const answers = {
    take: () => { try { lock = takeLock(path); return "mine"; } catch (error) { return error.code + ": " + error.message; } },
    ask: () => String(lock?.isTakenOver() === false),
    release: () => { lock?.release(); return "released"; },
  };
  console.log("ready");
  const lines = (await import("node:readline")).createInterface({ input: process.stdin });
  for await (const line of lines) console.log(answers[line]());
`;

const cleanups = new Cleanups();
let path: string;
beforeEach(() => {
  if (!existsSync(fileURLToPath(builtLock))) throw new Error("the lock is not built: run `npm run build`");
  path = join(cleanups.folder(), "daemon.lock");
});
afterEach(cleanups.run);

describe("the daemon's lock", () => {
  it("is taken by one process, told by its pid to the next one, and free again when released", async () => {
    const holder = await startContender();
    expect(await holder.tell("take")).toBe("mine");
    expect(() => takeLock(path)).toThrow(
      expect.objectContaining({ code: "daemon-running", message: expect.stringContaining(String(holder.pid)) }),
    );
    expect(livingHolder(path)?.pid).toBe(holder.pid);
    await holder.tell("release");
    expect(livingHolder(path)?.pid).toBeUndefined();
    takeLock(path).release();
    expect(existsSync(path)).toBe(false);
  });

  it("is the owner's alone, and leaves no draft behind", async () => {
    const holder = await startContender();
    await holder.tell("take");
    expect(() => takeLock(path)).toThrow();
    expect(readdirSync(join(path, ".."))).toEqual(["daemon.lock"]);
    if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.skipIf(process.platform === "win32")("is not taken where there is no room for it, and leaves nothing behind", async () => {
    // A file may be made and not filled, as on a full disk.
    const contender = await startContender("ulimit -f 0; trap '' XFSZ; ");
    expect(await contender.tell("take")).toMatch(/^folder-unusable: cannot use the folder .*: EFBIG/);
    expect(readdirSync(join(path, ".."))).toEqual([]);
  });

  it("is not taken in a folder that is not there", () => {
    const nowhere = join(path, "..", "nowhere");
    expect(() => takeLock(join(nowhere, "daemon.lock"))).toThrow(
      expect.objectContaining({ code: "folder-unusable", message: expect.stringContaining(nowhere) }),
    );
  });

  it("left by a process that was killed is taken over", async () => {
    const holder = await startContender();
    await holder.tell("take");
    await holder.kill();
    expect(livingHolder(path)?.pid).toBeUndefined();
    const lock = takeLock(path);
    expect(lock.isTakenOver()).toBe(false);
    lock.release();
  });

  it.skipIf(!hasProc)("whose pid has gone to another process since is taken over", async () => {
    const other = await startContender();
    writeFileSync(path, JSON.stringify({ pid: other.pid, startTicks: `${Number(processStartTicks(other.pid)) - 1}`, nonce: "old" }));
    expect(takeLock(path).isTakenOver()).toBe(false);
  });

  it.skipIf(!hasProc)("whose pid and start time both fit is respected, whoever wrote it", async () => {
    const other = await startContender();
    writeFileSync(path, JSON.stringify({ pid: other.pid, startTicks: processStartTicks(other.pid), nonce: "x" }));
    expect(() => takeLock(path)).toThrow(expect.objectContaining({ code: "daemon-running" }));
  });

  it("whose holder's start time is unknown is respected as long as the pid lives", async () => {
    const other = await startContender();
    writeFileSync(path, JSON.stringify({ pid: other.pid, startTicks: null, nonce: "x" }));
    expect(() => takeLock(path)).toThrow(expect.objectContaining({ code: "daemon-running" }));
    await other.kill();
    expect(takeLock(path).isTakenOver()).toBe(false);
  });

  it.each(["", "garbage", "null", "[]", '{"pid":"7","nonce":1}', '{"pid":'])("that holds %j is nobody's", (text) => {
    writeFileSync(path, text);
    expect(livingHolder(path)?.pid).toBeUndefined();
    expect(takeLock(path).isTakenOver()).toBe(false);
  });

  it.each([
    ["was removed", () => rmSync(path)],
    ["cannot be understood", () => writeFileSync(path, "garbage")],
  ])("is not taken over because it %s", (_what, happen) => {
    const lock = takeLock(path);
    happen();
    expect(lock.isTakenOver()).toBe(false);
  });

  it("is not removed by one that has lost it", () => {
    const lost = takeLock(path);
    const theirs = JSON.stringify({ pid: 1, startTicks: null, nonce: "theirs" });
    writeFileSync(path, theirs);
    expect(lost.isTakenOver()).toBe(true);
    lost.release();
    expect(readFileSync(path, "utf8")).toBe(theirs);
  });

  it("has one holder when eight start at once", async () => {
    const contenders = await Promise.all(Array.from({ length: 8 }, () => startContender()));
    const answers = await Promise.all(contenders.map((each) => each.tell("take")));
    expect(answers.filter((answer) => answer === "mine")).toHaveLength(1);
    const winner = contenders[answers.indexOf("mine")];
    expect(livingHolder(path)?.pid).toBe(winner?.pid);
    for (const answer of answers.filter((answer) => answer !== "mine"))
      expect(answer).toContain(`daemon-running: a daemon already runs for this home, pid ${winner?.pid}`);
  });

  it("has one holder that still thinks so when eight start at once beside a stale one", async () => {
    const contenders = await Promise.all(Array.from({ length: 8 }, () => startContender()));
    for (let round = 0; round < 10; round += 1) {
      writeFileSync(path, '{"pid":999999999,"startTicks":"1","nonce":"stale"}');
      await Promise.all(contenders.map((each) => each.tell("take")));
      const holding = await Promise.all(contenders.map((each) => each.tell("ask")));
      expect(holding.filter((answer) => answer === "true")).toHaveLength(1);
      await Promise.all(contenders.map((each) => each.tell("release")));
      expect(readdirSync(join(path, ".."))).toEqual([]);
    }
  });
});

interface Contender {
  readonly pid: number;
  tell(line: "take" | "ask" | "release"): Promise<string>;
  kill(): Promise<void>;
}

/** `limits` are what a shell does first. */
async function startContender(limits = ""): Promise<Contender> {
  const args = ["--input-type=module", "-e", contender, builtLock, path];
  const [file, ...words] = limits === "" ? [process.execPath, ...args] : ["sh", "-c", `${limits}exec "$0" "$@"`, process.execPath, ...args];
  const child = spawn(file, words, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const kill = () => end(child);
  cleanups.add(kill);
  await nextLine(lines);
  return {
    pid: child.pid ?? 0,
    tell: (line) => {
      const answer = nextLine(lines);
      child.stdin.write(`${line}\n`);
      return answer;
    },
    kill,
  };
}

async function nextLine(lines: Interface): Promise<string> {
  const [line] = await once(lines, "line");
  return String(line);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
