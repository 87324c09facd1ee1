import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { factsOfHost } from "../../src/cli/export/host-facts.js";
import { plainLogin } from "../../src/config/plain-login.js";
import { readIncluded, readSourceFile } from "../../src/interchange/source-file.js";
import { readHosts, withConfiguredForwards } from "../../src/interchange/ssh/configured-forwards.js";
import { readCommandText } from "../../src/interchange/ssh/read-command-text.js";
import { writeCommandLine } from "../../src/interchange/writers/command-line.js";
import { outgoingTunnel } from "../../src/interchange/writers/outgoing.js";
import { quoteForShell } from "../../src/interchange/writers/quote.js";
import { writeSshConfigBlock } from "../../src/interchange/writers/ssh-config-block.js";
import { dumpConfig } from "../../src/ssh/resolve/run-ssh-g.js";
import { isRequired } from "../support/required.js";

const hasSsh = spawnSync("ssh", ["-V"]).status === 0 || isRequired("sshd");
const never = new AbortController().signal;

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ct-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function write(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const dump = async (words: readonly string[]) => ((await dumpConfig("ssh", words)) ?? "").split("\n").sort();

describe.skipIf(process.platform === "win32")("a word quoted for a shell", () => {
  it("reaches the program as the very word, through a real shell", () => {
    const word = fc
      .string({ unit: "binary", minLength: 0, maxLength: 10 })
      .filter((text) => !text.includes("\0") && !/\p{Surrogate}/u.test(text));
    const letters = [..."$`\"'\\ \t\n~#&;|<>()*?[]{}!=%^-+:,./@_aZ0é"];
    const hostile = fc.string({ unit: fc.constantFrom(...letters), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.oneof(hostile, word), { minLength: 1, maxLength: 20 }), (words) => {
        const tame = words.filter((each) => !each.startsWith("~/"));
        const line = `printf '%s\\0' ${tame.map(quoteForShell).join(" ")}`;
        const { stdout } = spawnSync("sh", ["-c", line], { encoding: "utf8", env: { HOME: "/h", PATH: process.env.PATH } });
        expect(stdout).toBe(tame.length === 0 ? "\0" : tame.map((each) => `${each}\0`).join(""));
      }),
      { numRuns: 40 },
    );
  });

  it("begins in the home folder, where it begins with a tilde and a slash", () => {
    const { stdout } = spawnSync("sh", ["-c", `printf '%s' ${quoteForShell("~/my keys/$x")}`], { encoding: "utf8", env: { HOME: "/h" } });
    expect(stdout).toBe("/h/my keys/$x");
  });
});

describe.skipIf(!hasSsh)("hosts of a real ssh_config", () => {
  it("are taken over as ssh itself reads them: aliases, wildcards, Match and Include", async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, "d"));
    write(folder, "d/inner", "Host inner\n  DynamicForward 1080\n");
    const config = write(
      folder,
      "config",
      `Include ${folder}/d/*\nHost box\n  HostName 10.0.0.1\n  LocalForward 8080 db:80\n  RemoteForward 9000 localhost:3000\nHost none\n  User me\nMatch host 10.0.0.1\n  LocalForward 8081 /var/run/d.sock\nHost b*\n  LocalForward [::1]:8082 db:82\n`,
    );
    const { tunnels, leftOut } = await readHosts(["inner", "box", "none"], config, never);
    expect(leftOut).toEqual([]);
    expect(tunnels.map(({ entry }) => entry)).toEqual([
      { target: "inner", sshConfig: config, forwards: [{ dynamic: "127.0.0.1:1080" }] },
      {
        target: "box",
        sshConfig: config,
        forwards: [
          { local: "127.0.0.1:8080", to: "db:80" },
          { local: "127.0.0.1:8081", to: "/var/run/d.sock" },
          { local: "[::1]:8082", to: "db:82" },
          { remote: "localhost:9000", to: "localhost:3000" },
        ],
      },
    ]);
    expect(readIncluded(`${folder}/d/*`, homedir())).toEqual(["Host inner\n  DynamicForward 1080\n"]);
  });

  it("are not asked for what a stranger's file would run", async () => {
    const folder = makeFolder();
    const mark = join(folder, "ran");
    const config = write(folder, "config", `Match exec "touch ${mark}"\n  User x\n`);
    const found = readCommandText(`ssh -F ${config} -N -D 1080 vps`, { folder, variables: {} }).tunnels[0];
    if (found === undefined) throw new Error("no tunnel");
    const { entry, leftOut } = await withConfiguredForwards(found, never);
    expect(entry).toEqual(found.entry);
    expect(leftOut.map(({ what }) => what)).toContain(`the forwards in ${config}`);
    // The same file, named by the person themselves, is read as ssh reads it.
    expect(existsSync(mark)).toBe(false);
    await readHosts(["vps"], config, never);
    expect(existsSync(mark)).toBe(true);
  });

  it("are not asked for a user that a shell would read something into", async () => {
    const tunnel = {
      name: "a",
      source: "a test",
      leftOut: [],
      entry: { target: "$(touch x)@vps", forwards: [{ dynamic: "127.0.0.1:1080" }] },
    };
    expect(await withConfiguredForwards(tunnel, never)).toBe(tunnel);
  });
});

describe.skipIf(!hasSsh)("what export prints", () => {
  const entry = {
    target: "me@vps.example:2222",
    jump: ["edge.example", "you@bastion.example:2200"],
    identities: ["/keys/my key", "/keys/id#2"],
    knownHosts: ["/k/known hosts", "/k/b"],
    globalKnownHosts: [],
    sshOptions: ["HostKeyAlias=the-vps", "Compression=yes", `IdentityAgent="/run/a gent"`],
    forwards: [
      { local: "127.0.0.1:5432", to: "db:5432" },
      { local: "/tmp/a b.sock", to: "/var/run/d.sock" },
      { remote: "*:9001", to: "127.0.0.1:3000" },
      { dynamic: "[::1]:1080" },
    ],
  };

  it("means the same to ssh as a Host block and as a command line", async () => {
    const folder = makeFolder();
    // ssh leaves out a file behind -i that is not there.
    const identities = entry.identities.map((path) => write(folder, basename(path), ""));
    const outgoing = outgoingTunnel("vps-db", { ...entry, identities });
    const config = write(folder, "config", `${writeSshConfigBlock(outgoing)}\n`);
    const block = await dump(["-F", config, "--", "vps-db"]);
    const shell = writeCommandLine("ssh", outgoing).replace(/^ssh -N/, "ssh -F none -G");
    const command = spawnSync("sh", ["-c", shell], { encoding: "utf8" }).stdout.split("\n").sort();
    // As the alias is called is all that differs.
    const meaning = (lines: readonly string[]) => lines.filter((line) => !/^(?:host|sessiontype) /.test(line));
    expect(block.length).toBeGreaterThan(50);
    expect(meaning(block)).toEqual(meaning(command));
  });

  it("is taken over again with the same forwards", async () => {
    const folder = makeFolder();
    const outgoing = outgoingTunnel("vps-db", { target: "vps", forwards: entry.forwards });
    const config = write(folder, "config", `${writeSshConfigBlock(outgoing)}\n`);
    const { tunnels } = await readHosts(["vps"], config, never);
    const sorted = (forwards: readonly object[] = []) => forwards.map((forward) => JSON.stringify(forward)).sort();
    expect(sorted(tunnels[0]?.entry.forwards)).toEqual(sorted(entry.forwards));
  });
});

describe("a source file", () => {
  it.each([
    ["is not there", (folder: string) => join(folder, "gone"), "it is not there"],
    ["is a folder", (folder: string) => folder, "it is not a file"],
    ["is huge", (folder: string) => write(folder, "huge", "x".repeat(1024 * 1024 + 1)), "more than 1048576"],
  ])("that %s is not read", (_, make, why) => {
    const path = make(makeFolder());
    expect(() => readSourceFile(path)).toThrow(
      expect.objectContaining({ code: "source-unreadable", message: expect.stringContaining(why) }),
    );
  });

  it.skipIf(process.platform === "win32")("that is a pipe without a writer does not hold the reader up", () => {
    const path = join(makeFolder(), "pipe");
    spawnSync("mkfifo", [path]);
    expect(() => readSourceFile(path)).toThrow(expect.objectContaining({ code: "source-unreadable" }));
  });
});

describe.skipIf(!hasSsh)("what ssh_config says of an exported host", () => {
  it("is seen: a keepalive of its own, and an alias that no block under another name would reach", async () => {
    const folder = makeFolder();
    const config = write(folder, "config", "Host box\n  HostName 10.0.0.1\n  ServerAliveInterval 60\nHost 10.0.0.2\n  ProxyJump edge\n");
    const factsOf = async (host: string) => {
      const target = { user: "me", host, port: null };
      return factsOfHost("web", plainLogin(target, config), never);
    };
    expect(await factsOf("box")).toEqual({ configured: new Set(["ServerAliveInterval", "ServerAliveCountMax"]), isAlias: true });
    expect(await factsOf("10.0.0.2")).toEqual({ configured: new Set(), isAlias: true });
    expect(await factsOf("10.0.0.3")).toEqual({ configured: new Set(), isAlias: false });
    write(folder, "config", "Host web\n  HostName 10.0.0.3\n  User me\n  ServerAliveInterval 5\n  LocalForward 1 a:2\n");
    expect((await factsOf("10.0.0.3")).isAlias).toBe(false);
  });
});
