import { chmodSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plainLogin } from "../../../src/config/plain-login.js";
import { parseTarget } from "../../../src/config/target.js";
import type { LoginSpec } from "../../../src/config/tunnel-spec.js";
import { HostResolver } from "../../../src/ssh/resolve/host-resolver.js";
import { Cleanups } from "../../support/cleanups.js";
import { neverAborted } from "../../support/login.js";
import { hasSsh } from "../../support/ssh-client.js";

const cleanups = new Cleanups();
afterEach(() => cleanups.run());

let folder: string;
let config: string;
let resolver: HostResolver;

/** In front of the real ssh: counts its calls. */
beforeEach(() => {
  folder = cleanups.folder();
  config = join(folder, "config");
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "ssh"), `#!/bin/sh\necho "$*" >> "${folder}/calls"\nPATH="${process.env.PATH}" exec ssh "$@"\n`);
  chmodSync(join(bin, "ssh"), 0o755);
  resolver = new HostResolver({ ...process.env, PATH: bin });
});

/** How often a log-in was asked for; the defaults are asked for once. */
function calls(): number {
  return readFileSync(join(folder, "calls"), "utf8")
    .split("\n")
    .filter((line) => line.includes(" -v ")).length;
}

let writtenS = Date.now() / 1000 - 3_600;

/** As written long ago, and each time later: what is as new as the look at it may have been seen half written. */
function write(text: string, path = config): void {
  writeFileSync(path, text);
  writtenS += 1;
  utimesSync(path, writtenS, writtenS);
}

function login(target = "box", changes: Partial<LoginSpec> = {}): LoginSpec {
  return { ...plainLogin(parseTarget(target), config), ...changes };
}

const resolve = async (wanted = login()) => (await resolver.resolve(wanted, neverAborted)).host;

describe.skipIf(!hasSsh || process.platform === "win32")("a target that was resolved", () => {
  it("is not asked for again while its files are what they were", async () => {
    write("Host box\n  Port 2200\n");
    expect((await resolve()).server.port).toBe(2200);
    expect((await resolve()).server.port).toBe(2200);
    expect(calls()).toBe(1);
  });

  it("is asked for again when a file of it was edited, one that an Include names too", async () => {
    write(`Include ${folder}/part\nHost box\n  Port 2200\n`);
    write("Host box\n  User one\n", join(folder, "part"));
    expect((await resolve()).server).toMatchObject({ user: "one", port: 2200 });
    write("Host box\n  User another\n", join(folder, "part"));
    expect((await resolve()).server).toMatchObject({ user: "another", port: 2200 });
  });

  it("is asked for again when a new file is one that an Include means", async () => {
    mkdirSync(join(folder, "parts"));
    write(`Include ${folder}/parts/*.conf\nHost box\n  Port 2200\n`);
    expect((await resolve()).server.port).toBe(2200);
    write("Host box\n  Port 2201\n", join(folder, "parts", "new.conf"));
    expect((await resolve()).server.port).toBe(2201);
  });

  it("is asked for each time where a program decides, but not for a look that is repeated", async () => {
    write(`Match exec "test -e ${folder}/flag"\n  Port 2201\nHost box\n  Port 2200\n`);
    expect((await resolve()).server.port).toBe(2200);
    write("", join(folder, "flag"));
    expect((await resolver.recall(login(), neverAborted)).host.server.port).toBe(2200);
    expect((await resolve()).server.port).toBe(2201);
    expect(calls()).toBe(2);
  });

  it("is asked for once by many at the same time", async () => {
    write("Host box\n  Port 2200\n");
    await Promise.all(Array.from({ length: 20 }, () => resolve()));
    expect(calls()).toBe(1);
  });

  it("has the files that it came from, and those that would have been read", async () => {
    write("Host box\n  Port 2200\n");
    expect((await resolve()).files).toEqual([config]);
    const { files } = await resolve(login("box", { configFile: null }));
    expect(files).toContain("/etc/ssh/ssh_config");
    expect(files.some((file) => file.endsWith("/.ssh/config"))).toBe(true);
  });

  it("keeps the alias as it was written, in capitals too", async () => {
    write("Host BOX\n  HostName real.example\n");
    expect(await resolve(login("BOX"))).toMatchObject({ alias: "BOX", server: { host: "real.example" } });
  });
});

describe.skipIf(!hasSsh || process.platform === "win32")("a configuration that ssh does not take", () => {
  it("is refused in ssh's own words, and known by another state once it is mended", async () => {
    write("Host box\n  Prot 22\n");
    await expect(resolve()).rejects.toMatchObject({
      code: "ssh-config-invalid",
      recovery: "needs-user",
      message: expect.stringMatching(/cannot make out box: .*line 2: Bad configuration option: prot/),
    });
    const before = await resolver.configState(login(), undefined);
    expect(await resolver.configState(login(), undefined)).toBe(before);
    write("Host box\n  Port 22\n");
    expect(await resolver.configState(login(), undefined)).not.toBe(before);
  });

  it("may be mended in a file that it includes", async () => {
    write(`Include ${folder}/part\n`);
    write("Prot 22\n", join(folder, "part"));
    await expect(resolve()).rejects.toMatchObject({ code: "ssh-config-invalid" });
    const before = await resolver.configState(login(), undefined);
    write("Port 2222\n", join(folder, "part"));
    expect(await resolver.configState(login(), undefined)).not.toBe(before);
  });

  it("may be one that is not there", async () => {
    rmSync(config, { force: true });
    await expect(resolve()).rejects.toMatchObject({ code: "ssh-config-invalid", message: expect.stringContaining("No such file") });
  });

  it("that leads its jump hosts in a circle is refused, too", async () => {
    write("Host box\n  ProxyJump a\nHost a\n  ProxyJump b\nHost b\n  ProxyJump a\n");
    await expect(resolve()).rejects.toMatchObject({ code: "ssh-config-invalid", message: expect.stringContaining("in a circle") });
  });

  it("is one for later where a name server does not know the name now", async () => {
    write("CanonicalizeHostname yes\nCanonicalDomains nowhere.invalid\nCanonicalizeFallbackLocal no\n");
    await expect(resolve()).rejects.toMatchObject({ code: "host-unresolved", recovery: "retry" });
  });
});

describe.skipIf(!hasSsh || process.platform === "win32")("a question to ssh that hangs", () => {
  it("does not wait for what a Match exec leaves running", async () => {
    write(`Match exec "sleep 60 >/dev/null & echo $! > ${folder}/pid"\n  Port 2201\n`);
    expect((await resolve()).server.port).toBe(2201);
    process.kill(Number(readFileSync(join(folder, "pid"), "utf8")));
  });

  it("ends with whoever asked, and with the program of a Match exec that hangs", async () => {
    write(`Match exec "echo $$ > ${folder}/pid; sleep 60"\n  Port 2201\n`);
    const abort = new AbortController();
    const asked = resolver.resolve(login(), abort.signal);
    await expect.poll(() => readIfThere(join(folder, "pid")), { timeout: 5_000 }).toMatch(/^\d+\n$/);
    abort.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    const pid = Number(readIfThere(join(folder, "pid")));
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  });
});

describe.skipIf(!hasSsh || process.platform === "win32")("the hosts on the way", () => {
  it("have nothing of what was said for the target alone, and the same files", async () => {
    write("Host edge\n  HostName edge.example\n  IdentityFile /keys/edge\n");
    const host = await resolve(
      login("me@box:2200", { jump: ["edge"], identities: ["/keys/target"], options: ["User=x", "Compression=yes"] }),
    );
    expect(host.identities).toEqual(["/keys/target"]);
    expect(host.jumps).toMatchObject([
      { alias: "edge", server: { host: "edge.example", port: 22 }, identities: ["/keys/edge"], compression: false },
    ]);
  });

  it("are travelled in the order in which ssh would", async () => {
    write("Host box\n  ProxyJump a,b\nHost a\n  ProxyJump gate\nHost gate\n  ProxyCommand relay %h\n");
    const { jumps } = await resolve();
    expect(jumps.map(({ alias }) => alias)).toEqual(["gate", "a", "b"]);
    expect(jumps.map(({ jumps: own }) => own)).toEqual([[], [], []]);
    expect(jumps[0]?.proxyCommand).toBe("relay gate");
  });
});

describe("where there is no ssh", () => {
  it("what only ssh could judge is left out, and named", async () => {
    write('CanonicalizeHostname yes\nMatch exec "true"\n  Port 1\nMatch tagged x\n  Port 2\nHost box\n  Port 2200\n');
    const found = await new HostResolver({ PATH: folder }).resolve(login(), neverAborted);
    expect(found).toMatchObject({ version: null, host: { server: { port: 2200 } } });
    expect(found.leftOut).toEqual(["Match exec", "Match tagged", "CanonicalizeHostname"]);
  });

  it("a line that cannot be read is refused with its number", async () => {
    write('Host box\n  HostName "box\n');
    await expect(new HostResolver({ PATH: folder }).resolve(login(), neverAborted)).rejects.toMatchObject({
      code: "ssh-config-invalid",
      message: expect.stringContaining(`${config}:2`),
    });
  });
});

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // In a container nobody may wait for what has ended.
    return !/^\d+ \(.*\) Z/.test(readIfThere(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
