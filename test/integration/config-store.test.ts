import { randomUUID } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig, saveTunnel } from "../../src/config/store.js";
import { watchConfigFile } from "../../src/config/watch.js";
import { Cleanups } from "../support/cleanups.js";

const isWindows = process.platform === "win32";
const isRoot = process.getuid?.() === 0;

const cleanups = new Cleanups();
let folder: string;
let path: string;
beforeEach(() => {
  folder = join(cleanups.folder(), "clawtunnel");
  path = join(folder, "config.json");
});
afterEach(cleanups.run);

const entry = (port: number) => ({ target: "me@db", forwards: [{ local: `127.0.0.1:${port}`, to: "127.0.0.1:5432" }] });
const written = () => JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown> & { tunnels: Record<string, unknown> };
const write = (text: string) => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, text);
};

describe("saving a tunnel", () => {
  it("makes a config for the owner alone that can be loaded again, with its schema beside it", async () => {
    const saved = await saveTunnel(path, "db", entry(4001));
    expect(written()).toEqual({ $schema: "./config.schema.json", tunnels: { db: entry(4001) } });
    expect(loadConfig(path)).toEqual(saved);
    expect(JSON.parse(readFileSync(join(folder, "config.schema.json"), "utf8"))).toHaveProperty("$schema");
    if (!isWindows) expect([statSync(path).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it("writes what was asked for and no default", async () => {
    await saveTunnel(path, "db", entry(4001));
    expect(readFileSync(path, "utf8")).not.toMatch(/defaults|keepalive|backoff|health/);
  });

  it("leaves the other tunnels, their order and the defaults as they were", async () => {
    const before = {
      tunnels: { zebra: entry(4001), 10: entry(4002), apple: { ...entry(4003), keepaliveIntervalMs: 7_000 } },
      defaults: { connectTimeoutMs: 9_000 },
    };
    write(JSON.stringify(before));
    await saveTunnel(path, "middle", entry(4004));
    const after = written();
    expect(after).toEqual({ $schema: "./config.schema.json", ...before, tunnels: { ...before.tunnels, middle: entry(4004) } });
    expect(Object.keys(after.tunnels)).toEqual([...Object.keys(before.tunnels), "middle"]);
    expect(Object.keys(after)).toEqual(["$schema", "tunnels", "defaults"]);
  });

  it("keeps a tunnel's place when it is saved again, and takes out only the one that is removed", async () => {
    write(JSON.stringify({ tunnels: { a: entry(4001), b: entry(4002), c: entry(4003) } }));
    await saveTunnel(path, "b", entry(4009));
    expect(Object.entries(written().tunnels)).toEqual([
      ["a", entry(4001)],
      ["b", entry(4009)],
      ["c", entry(4003)],
    ]);
    await saveTunnel(path, "a", undefined);
    expect(Object.keys(written().tunnels)).toEqual(["b", "c"]);
  });

  it("keeps every tunnel when several are saved at the same time", async () => {
    const names = ["a", "b", "c", "d"];
    await Promise.all(names.map((name, index) => saveTunnel(path, name, entry(4001 + index))));
    expect(Object.keys(written().tunnels).sort()).toEqual(names);
  });

  it("takes a name with a dot for a name, not for a path into the file", async () => {
    await saveTunnel(path, "a.b", entry(4001));
    expect(Object.keys(written().tunnels)).toEqual(["a.b"]);
    expect([...loadConfig(path).tunnels.keys()]).toEqual(["a.b"]);
  });

  it.each([
    ["is not JSON", '{ "tunnels": { "a": ', "config-not-json"],
    ["is empty", "", "config-not-json"],
    ["has a setting that does not exist", '{ "tunels": {} }\n', "config-invalid"],
    ["has a list where tunnels belong", '{ "tunnels": [] }', "config-invalid"],
    ["has a tunnel that is wrong", '{ "tunnels": { "a": { "target": 7 } } }', "config-invalid"],
  ])("does not touch a file that %s", async (_why, text, code) => {
    write(text);
    await expect(saveTunnel(path, "db", entry(4001))).rejects.toMatchObject({ code, message: expect.stringContaining(path) });
    await expect(saveTunnel(path, "db", undefined)).rejects.toMatchObject({ code });
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("does not write a tunnel whose port another one has", async () => {
    await saveTunnel(path, "db", entry(4001));
    const before = readFileSync(path, "utf8");
    await expect(saveTunnel(path, "other", entry(4001))).rejects.toMatchObject({ code: "config-invalid" });
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  it.skipIf(isWindows)("leaves a config that is a symlink a symlink, and writes where it points", async () => {
    const real = join(cleanups.folder(), "dotfiles.json");
    writeFileSync(real, JSON.stringify({ tunnels: { a: entry(4001) } }));
    mkdirSync(folder);
    symlinkSync(real, path);
    await saveTunnel(path, "b", entry(4002));
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(Object.keys((JSON.parse(readFileSync(real, "utf8")) as { tunnels: object }).tunnels)).toEqual(["a", "b"]);
  });

  it.skipIf(isWindows || isRoot)("says config-unwritable where this user may not write", async () => {
    mkdirSync(folder);
    chmodSync(folder, 0o500);
    await expect(saveTunnel(path, "db", entry(4001))).rejects.toMatchObject({ code: "config-unwritable" });
  });

  it.skipIf(isWindows)("says config-unwritable where the folder cannot be made", async () => {
    symlinkSync(join(folder, "..", "nowhere", "at-all"), folder);
    await expect(saveTunnel(path, "db", entry(4001))).rejects.toMatchObject({
      code: "config-unwritable",
      message: expect.stringContaining(path),
    });
  });

  it("names the path, too, where a file stands in the folder's place", async () => {
    writeFileSync(folder, "");
    await expect(saveTunnel(path, "db", entry(4001))).rejects.toMatchObject({
      code: expect.stringMatching(/^config-un(readable|writable)$/),
      message: expect.stringContaining(path),
    });
    expect(readFileSync(folder, "utf8")).toBe("");
  });
});

describe("loading", () => {
  it("takes a missing file for an empty config, and makes none", () => {
    expect(loadConfig(path).tunnels.size).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it("says config-unreadable for a folder in the file's place", () => {
    mkdirSync(path, { recursive: true });
    expect(() => loadConfig(path)).toThrow(expect.objectContaining({ code: "config-unreadable" }));
  });

  it("takes a file that begins with a byte order mark", () => {
    write(`\uFEFF${JSON.stringify({ tunnels: { a: entry(4001) } })}`);
    expect([...loadConfig(path).tunnels.keys()]).toEqual(["a"]);
  });
});

describe("watching the config", () => {
  it.each<[string, () => unknown]>([
    ["written", () => writeFileSync(path, "{}")],
    ["appended to", () => appendFileSync(path, " ")],
    ["replaced by a rename", () => replace()],
    ["removed", () => rmSync(path)],
    ["saved by us", () => saveTunnel(path, "db", entry(4001))],
  ])("notices that the file was %s", async (_how, change) => {
    write("{}");
    const noticed = watched();
    await change();
    await expect.poll(noticed, { timeout: 5_000 }).toBeGreaterThan(0);
  });

  it("notices the first config of all, in a folder that did not exist", async () => {
    const noticed = watched();
    writeFileSync(path, "{}");
    await expect.poll(noticed, { timeout: 5_000 }).toBeGreaterThan(0);
  });

  it("goes on noticing after the file was replaced and removed and made again", async () => {
    write("{}");
    const noticed = watched();
    for (const change of [replace, () => rmSync(path), () => writeFileSync(path, "{}"), replace]) {
      const before = noticed();
      change();
      await expect.poll(noticed, { timeout: 5_000 }).toBeGreaterThan(before);
    }
  });

  it("tells of several writes in one go once they are done, when the file is whole", async () => {
    write("{}");
    const texts: string[] = [];
    cleanups.add(watchConfigFile(path, () => texts.push(readFileSync(path, "utf8")), fail));
    writeFileSync(path, "");
    for (const part of ["{ ", '"tunnels": ', "{} }"]) appendFileSync(path, part);
    await expect.poll(() => texts, { timeout: 5_000 }).toContain('{ "tunnels": {} }');
    expect(texts).not.toContain("");
  });

  it.skipIf(isWindows)("notices an edit of the file that a symbolic link leads to", async () => {
    const real = join(folder, "elsewhere", "real.json");
    mkdirSync(dirname(real), { recursive: true });
    writeFileSync(real, "{}");
    symlinkSync(real, path);
    const noticed = watched();
    writeFileSync(real, "{ }");
    await expect.poll(noticed, { timeout: 5_000 }).toBeGreaterThan(0);
  });

  it("is told when there is no folder to watch, and throws nothing", () => {
    const file = join(folder, "a-file");
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, "");
    const told: unknown[] = [];
    watchConfigFile(
      join(file, "config.json"),
      () => {},
      (error) => told.push(error),
    )();
    expect(told).toHaveLength(1);
  });

  it.skipIf(isWindows)("lets the process live when the folder goes away", async () => {
    write("{}");
    const noticed = watched();
    renameSync(folder, `${folder}-moved`);
    rmSync(`${folder}-moved`, { recursive: true });
    await expect.poll(noticed, { timeout: 5_000 }).toBeGreaterThan(0);
  });
});

function replace(): void {
  const draft = join(folder, `.draft-${randomUUID()}`);
  writeFileSync(draft, "{}");
  renameSync(draft, path);
}

function fail(error: unknown): never {
  throw error;
}

function watched(): () => number {
  let count = 0;
  const onChange = () => {
    count += 1;
  };
  cleanups.add(watchConfigFile(path, onChange, fail));
  return () => count;
}
