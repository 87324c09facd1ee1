import { execFileSync, spawnSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HostKeyCheck } from "../../src/ssh/host-keys/host-key-check.js";
import { decideHostKey } from "../../src/ssh/host-keys/host-key-policy.js";
import { describeKey, hostPattern, judgeHostKey, parseKnownHosts } from "../../src/ssh/host-keys/known-hosts.js";
import { acceptHostKey, readKnownHosts } from "../../src/ssh/host-keys/known-hosts-files.js";
import type { UnknownHostKey } from "../../src/ssh/session.js";
import { someHost } from "../unit/fixtures/host.js";

const db = { ...someHost, server: { user: "me", host: "db", port: 2222 } };
const hasSshKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined;
const isWindows = process.platform === "win32";

const ed25519 = Buffer.from("AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl", "base64");
const otherEd25519 = Buffer.from(ed25519).fill(7, 20);
const line = (hosts: string) => `${hosts} ssh-ed25519 ${ed25519.toString("base64")}`;
const keyFor = (host: string, port: number): UnknownHostKey => ({
  hostPattern: hostPattern(host, port),
  ...describeKey(ed25519),
  knownHostsFile: path,
  isHashed: false,
});

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "known-hosts-"));
  path = join(folder, "known_hosts");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

describe("reading known_hosts files", () => {
  it("takes the lines of all files in order and a missing file for an empty one", async () => {
    const second = join(folder, "second");
    await writeFile(path, `${line("a")}\n`);
    await writeFile(second, `${line("b")}\n`);
    const lines = await readKnownHosts([path, join(folder, "missing"), second]);
    expect(lines.map((each) => [each.path, each.line, each.patterns])).toEqual([
      [path, 1, ["a"]],
      [second, 1, ["b"]],
    ]);
  });

  it("names the file and the reason when one cannot be read", async () => {
    await writeFile(path, `${line("a")}\n`);
    const reading = readKnownHosts([path, folder]);
    await expect(reading).rejects.toMatchObject({ code: "known-hosts-unreadable", message: expect.stringContaining(folder) });
    await expect(reading).rejects.toThrow(/EISDIR|EPERM/);
  });
});

describe("accepting a host key", () => {
  it("makes the server known", async () => {
    await acceptHostKey(path, keyFor("db", 2222));
    expect(judgeHostKey(await readKnownHosts([path]), "db", 2222, ed25519)).toEqual({ kind: "known" });
  });

  it.skipIf(isWindows)("makes a missing folder and file for the owner alone", async () => {
    const file = join(folder, "home", "ssh", "known_hosts");
    await acceptHostKey(file, keyFor("db", 22));
    expect(await modeOf(join(folder, "home", "ssh"))).toBe(0o700);
    expect(await modeOf(file)).toBe(0o600);
  });

  it.skipIf(isWindows)("leaves the permissions of an existing file and folder alone", async () => {
    await writeFile(path, "");
    await chmod(path, 0o644);
    await chmod(folder, 0o755);
    await acceptHostKey(path, keyFor("db", 22));
    expect([await modeOf(folder), await modeOf(path)]).toEqual([0o755, 0o644]);
  });

  it("begins on a line of its own when the file's last line has no end", async () => {
    await writeFile(path, line("a"));
    await acceptHostKey(path, keyFor("b", 22));
    expect(await readFile(path, "utf8")).toBe(`${line("a")}\n${line("b")}\n`);
  });

  it("leaves everything that is in the file as it is", async () => {
    const before = `# mine\r\n\r\n${line("a")}\r\nbroken\n`;
    await writeFile(path, before);
    await acceptHostKey(path, keyFor("b", 22));
    expect(await readFile(path, "utf8")).toBe(`${before}${line("b")}\n`);
  });

  it("writes one line however often and however simultaneously it is asked", async () => {
    await Promise.all([1, 2, 3].map(() => acceptHostKey(path, keyFor("db", 22))));
    await acceptHostKey(path, keyFor("db", 22));
    expect(await readFile(path, "utf8")).toBe(`${line("db")}\n`);
  });

  it("says that the file cannot be written, and why", async () => {
    await writeFile(path, "");
    const below = join(path, "known_hosts");
    const accepting = acceptHostKey(below, keyFor("db", 22));
    await expect(accepting).rejects.toMatchObject({ code: "known-hosts-unreadable", message: expect.stringContaining(below) });
    await expect(accepting).rejects.toThrow(/cannot be written.*(EEXIST|ENOTDIR)/);
  });
});

describe.skipIf(!hasSshKeygen)("beside the real ssh-keygen", () => {
  const keygen = (...args: string[]) => execFileSync("ssh-keygen", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

  /** The line numbers that `ssh-keygen -F` finds; it ends with 1 when there are none. */
  function findWithKeygen(name: string): number[] {
    const { stdout } = spawnSync("ssh-keygen", ["-F", name, "-f", path], { encoding: "utf8" });
    return [...stdout.matchAll(/found: line (\d+)/g)].map((match) => Number(match[1]));
  }

  it.each(["ed25519", "ecdsa", "rsa"])("prints the same fingerprint of a key of type %s", async (type) => {
    const file = join(folder, "key");
    keygen("-q", "-t", type, "-N", "", "-f", file);
    const [keyType = "", keyBase64 = ""] = (await readFile(`${file}.pub`, "utf8")).split(" ");
    const described = describeKey(Buffer.from(keyBase64, "base64"));
    expect(described).toMatchObject({ keyType, keyBase64 });
    expect(keygen("-lf", `${file}.pub`).split(" ")[1]).toBe(described.fingerprint);
  });

  it("knows the same servers after -H has hashed their names", async () => {
    await writeFile(path, `${line("db.example.com,[DB.example.com]:2222")}\n${line("::1")}\n`);
    keygen("-H", "-f", path);
    const text = await readFile(path, "utf8");
    expect(text).not.toContain("example");
    const lines = parseKnownHosts(text, path);
    const verdicts = [
      judgeHostKey(lines, "db.example.com", 22, ed25519),
      judgeHostKey(lines, "db.example.com", 2222, ed25519),
      judgeHostKey(lines, "::1", 22, ed25519),
      judgeHostKey(lines, "web.example.com", 22, ed25519),
    ];
    expect(verdicts.map((verdict) => verdict.kind)).toEqual(["known", "known", "known", "unknown"]);
  });

  it("adds no line for a server whose name is there in hashed form", async () => {
    await writeFile(path, `${line("[db]:2222")}\n`);
    keygen("-H", "-f", path);
    const hashed = await readFile(path, "utf8");
    await acceptHostKey(path, keyFor("db", 2222));
    expect(await readFile(path, "utf8")).toBe(hashed);
  });

  it("writes lines that -F finds", async () => {
    await acceptHostKey(path, keyFor("db", 22));
    await acceptHostKey(path, keyFor("DB", 2222));
    await acceptHostKey(path, keyFor("fe80::1", 2222));
    expect(["db", "[db]:2222", "[fe80::1]:2222", "web"].map(findWithKeygen)).toEqual([[1], [2], [3], []]);
  });

  it("writes a hashed name that -F finds and nobody can read, each with a salt of its own", async () => {
    await acceptHostKey(path, { ...keyFor("db.example.com", 22), isHashed: true });
    await acceptHostKey(path, { ...keyFor("db.example.com", 2222), isHashed: true });
    const text = await readFile(path, "utf8");
    expect(text).not.toContain("example");
    const salts = [...text.matchAll(/^\|1\|([^|]{28})\|[^ ]{28} ssh-ed25519 /gm)].map((match) => match[1]);
    expect(new Set(salts).size).toBe(2);
    expect(["db.example.com", "[db.example.com]:2222", "web"].map(findWithKeygen)).toEqual([[1], [2], []]);
    expect(judgeHostKey(await readKnownHosts([path]), "db.example.com", 2222, ed25519)).toEqual({ kind: "known" });
  });

  it("writes a hashed name once", async () => {
    await acceptHostKey(path, { ...keyFor("db", 22), isHashed: true });
    await acceptHostKey(path, { ...keyFor("db", 22), isHashed: true });
    expect((await readFile(path, "utf8")).split("\n")).toHaveLength(2);
  });

  it("is named with a command that removes the old key of a server that has changed, hashed or not", async () => {
    for (const isHashed of [true, false]) {
      await rm(path, { force: true });
      await acceptHostKey(path, { ...keyFor("db", 2222), isHashed });
      await acceptHostKey(path, { ...keyFor("web", 22), isHashed });
      const host = { ...db, userKnownHosts: [path] };
      const { failure } = (await HostKeyCheck.load(host)).judge(otherEd25519) ?? {};
      expect(failure).toMatchObject({
        code: "host-key-changed",
        message: expect.stringContaining(`${path}:1 has ssh-ed25519 ${describeKey(ed25519).fingerprint}`),
      });
      const command = /`(ssh-keygen -R [^`]*)`/.exec(failure?.hint ?? "")?.[1] ?? "";
      execFileSync("sh", ["-c", command], { stdio: "ignore" });
      expect([findWithKeygen("[db]:2222"), findWithKeygen("web")]).toEqual([[], [1]]);
    }
  });

  it("takes the line that StrictHostKeyChecking yes leaves to be written by hand", async () => {
    const host = { ...db, userKnownHosts: [path], hashKnownHosts: true };
    const decision = decideHostKey("yes", (await HostKeyCheck.load(host)).judge(ed25519), new Set());
    if (decision.kind !== "refuse") throw new Error("it was accepted");
    expect(decision).toMatchObject({ unknownKey: undefined, failure: { code: "host-key-unknown" } });
    await writeFile(path, `${decision.failure.hint.split(`add this line to ${path}: `)[1]}\n`);
    expect(findWithKeygen("[db]:2222")).toEqual([1]);
  });

  it("matches the lines that -F finds, whatever the patterns", async () => {
    const unit = fc.constantFrom("a", "b", "A", ".", "*", "?", "!", ",", "[", "]", ":22");
    const hosts = fc.string({ unit, minLength: 1, maxLength: 8 });
    const host = fc.string({ unit: fc.constantFrom("a", "b", "."), minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(hosts, { minLength: 20, maxLength: 60 }), host, async (many, one) => {
        const lines = many.map(line);
        await writeFile(path, `${lines.join("\n")}\n`);
        const ours = lines.flatMap((text, index) =>
          judgeHostKey(parseKnownHosts(text, path), one, 22, ed25519).kind === "known" ? [index + 1] : [],
        );
        expect(ours).toEqual(findWithKeygen(one));
      }),
      { numRuns: 100 },
    );
  });
});
