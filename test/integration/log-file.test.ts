import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLog } from "../../src/daemon/log/log-file.js";
import { Cleanups } from "../support/cleanups.js";

const MiB = 1024 * 1024;
const isWindows = process.platform === "win32";

const cleanups = new Cleanups();
let path: string;
beforeEach(() => {
  path = join(cleanups.folder(), "state", "daemon.log");
});
afterEach(cleanups.run);

describe("the log", () => {
  it("tells each line to who watches, too", () => {
    const lines: string[] = [];
    openLog(path, { level: "info", echo: (line) => lines.push(line) }).logger.info({ event: "x" }, "hello");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ event: "x", msg: "hello", level: "info" }]);
  });

  it("holds one JSON object a line, with time, level by name, pid, event and sentence, as soon as it is said", () => {
    const { logger } = openLog(path, { level: "info", echo: () => {} });
    logger.info({ event: "tunnel.up", tookMs: 7 }, "tunnel is up");
    logger.debug({ event: "detail" }, "not wanted at this level");
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines.slice(1)).toEqual([""]);
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      pid: process.pid,
      event: "tunnel.up",
      tookMs: 7,
      msg: "tunnel is up",
    });
  });

  it.skipIf(isWindows)("is its owner's alone, in a folder that is its owner's alone, also when it was there with wider permissions", () => {
    mkdirSync(join(path, ".."), { mode: 0o755 });
    writeFileSync(path, "", { mode: 0o644 });
    openLog(path, { level: "info", echo: () => {} }).logger.info({}, "hello");
    expect([statSync(path).mode & 0o777, statSync(join(path, "..")).mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it("is continued, not begun anew, by the next daemon", () => {
    for (const name of ["first", "second"]) openLog(path, { level: "info", echo: () => {} }).logger.info({}, name);
    expect(linesOf(path).map(({ msg }) => msg)).toEqual(["first", "second"]);
  });

  it("keeps no secret, at the top or one level down", () => {
    const { logger } = openLog(path, { level: "info", echo: () => {} });
    const secrets = { password: "s3cret", token: "s3cret", passphrase: "s3cret", privateKey: "s3cret", answer: "s3cret" };
    logger.info({ ...secrets, request: secrets, user: "me" }, "logged in");
    expect(readFileSync(path, "utf8")).not.toContain("s3cret");
    expect(linesOf(path)[0]).toMatchObject({ user: "me", token: "[redacted]", request: { password: "[redacted]" } });
  });

  it("goes into .1 when it has 5 MiB, of which three are kept, and no line is lost or split", () => {
    const { logger, failure } = openLog(path, { level: "info", echo: () => {} });
    const filler = "x".repeat(64 * 1024);
    const perFile = Math.ceil((5 * MiB) / filler.length);
    const count = perFile * 5;
    for (let index = 0; index < count; index += 1) logger.info({ index, filler }, "line");
    expect(readdirSync(join(path, "..")).sort()).toEqual(["daemon.log", "daemon.log.1", "daemon.log.2", "daemon.log.3"]);
    const files = [3, 2, 1].map((age) => `${path}.${age}`);
    for (const file of files) expect(statSync(file).size).toBeGreaterThan(5 * MiB - 2 * filler.length);
    for (const file of files) expect(statSync(file).size).toBeLessThan(6 * MiB);
    const indices = [...files, path].flatMap((file) => linesOf(file).map(({ index }) => Number(index)));
    expect(indices.at(-1)).toBe(count - 1);
    expect(indices).toEqual(indices.map((_, position) => (indices[0] ?? 0) + position));
    if (!isWindows) for (const file of [...files, path]) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(failure()).toBeNull();
  });

  it("counts what an earlier daemon wrote towards the 5 MiB", () => {
    mkdirSync(join(path, ".."), { mode: 0o700 });
    writeFileSync(path, `${JSON.stringify({ msg: "x".repeat(5 * MiB) })}\n`);
    const { logger } = openLog(path, { level: "info", echo: () => {} });
    logger.info({}, "the last of the old");
    logger.info({}, "the first of the new");
    expect(linesOf(path).map(({ msg }) => msg)).toEqual(["the first of the new"]);
  });

  it.skipIf(isWindows)("does not throw when its folder vanishes under it", () => {
    const { logger } = openLog(path, { level: "info", echo: () => {} });
    const folder = join(path, "..");
    renameSync(folder, `${folder}-moved`);
    const filler = "x".repeat(64 * 1024);
    expect(() => {
      for (let index = 0; index < 200; index += 1) logger.info({ filler }, "line");
    }).not.toThrow();
  });

  const mayMount = process.platform === "linux" && process.getuid?.() === 0 && canMount();
  it.skipIf(!mayMount)("says why it cannot be written on a full disk, throws nothing, and goes on when there is space again", () => {
    const folder = join(path, "..");
    mkdirSync(folder);
    mount(folder);
    const { logger, failure } = openLog(path, { level: "info", echo: () => {} });
    const ballast = join(folder, "ballast");
    writeFileSync(ballast, Buffer.alloc(32 * 1024));
    const filler = "x".repeat(4 * 1024);
    for (let index = 0; index < 10; index += 1) logger.info({ filler }, "line");
    expect(failure()).toMatch(/ENOSPC/);
    rmSync(ballast);
    logger.info({}, "space again");
    expect(failure()).toBeNull();
    const lines = linesOf(path);
    expect(lines.at(-1)?.msg).toBe("space again");
  });
});

function linesOf(file: string): Record<string, unknown>[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function mount(folder: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
  cleanups.add(() => execFileSync("umount", ["-l", folder]));
}

/** Root in a container often may not. */
function canMount(): boolean {
  const probe = new Cleanups();
  const folder = probe.folder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    if (existsSync(folder)) rmSync(folder, { recursive: true });
  }
}
