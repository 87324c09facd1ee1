import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freePort } from "../support/sshd.js";
import { sshdKind, type TestSshd } from "../support/test-sshd.js";
import { engines, fetchText, isVerified, makeOpenScene, makeScene, readConfig, tunnels, untilTunnel } from "./scene.js";

const authorizedKeys = ({ dir }: TestSshd) => join(dir, "authorized_keys");

/** What the server reads is where accounts have it. The harness keeps it beside. */
function placeAuthorizedKeys({ dir }: TestSshd): void {
  mkdirSync(join(dir, ".ssh"), { mode: 0o700 });
  symlinkSync("../authorized_keys", join(dir, ".ssh/authorized_keys"));
}

describe.skipIf(sshdKind() !== "openssh").each(engines)("a key for one tunnel by %s", (engine) => {
  it("is put on the server through the tunnel and proved; the tunnel moves to it, and nothing else goes with it", async () => {
    const { home, sshd, service, port } = await makeOpenScene(engine);
    placeAuthorizedKeys(sshd);
    const before = readFileSync(authorizedKeys(sshd), "utf8");

    const key = await home.run("key", "web", "--install", "--use", "--yes");

    expect(key.code, key.stderr).toBe(0);
    const line = key.stdout.trim();
    expect(line).toMatch(
      new RegExp(`^restrict,port-forwarding,permitopen="127\\.0\\.0\\.1:${service.port}",permitlisten="none:1",command="/bin/false" `),
    );
    expect(readFileSync(authorizedKeys(sshd), "utf8")).toBe(`${before}${line}\n`);
    expect(key.stderr).toContain("Harden first");
    // The old key goes: what works from here on works by the new one.
    writeFileSync(authorizedKeys(sshd), `${line}\n`);
    expect(readConfig(home).tunnels.web).toMatchObject({ sshOptions: ["IdentitiesOnly=yes"] });
    const restart = await home.run("restart", "web");
    expect(restart.code, restart.stdout + restart.stderr).toBe(0);
    await untilTunnel(home, "web", isVerified);
    expect(await fetchText(port)).toBe("ok\n");
    const again = await home.run("key", "web", "--install", "--existing", "--yes");
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("may forward and not run commands");
  });
});

describe.skipIf(sshdKind() !== "openssh")("a key for one tunnel", () => {
  it("leaves nothing on a server where it cannot be proved, and says why", async () => {
    const { home, sshd } = await makeOpenScene();
    mkdirSync(join(sshd.dir, ".ssh"));
    const unread = join(sshd.dir, ".ssh/authorized_keys");
    writeFileSync(unread, "# mine\n");

    const key = await home.run("key", "web", "--install", "--yes");

    expect(key.code).toBe(1);
    expect(key.stderr).toMatch(/the key is not proved: .*; its line was taken out again/);
    expect(key.stderr).toContain("AuthorizedKeysFile");
    expect(readFileSync(unread, "utf8")).toBe("# mine\n");
    expect(await tunnels(home)).toMatchObject([{ health: "verified" }]);
  });

  it("is for the very forwards that the daemon has: no other line gets onto the server", async () => {
    const { home, sshd } = await makeOpenScene();
    placeAuthorizedKeys(sshd);
    const before = readFileSync(authorizedKeys(sshd), "utf8");
    const line = (await home.run("key", "web")).stdout.trim();
    const identity = join(home.paths.configFile, "../keys/web");
    for (const other of [line.replace(/permitopen="[^"]*"/, 'permitopen="127.0.0.1:22"'), `${line}\n${before}`, before.trim()])
      await expect(home.daemon.installKey("web", { line: other, identity })).rejects.toMatchObject({ code: "request-invalid" });
    expect(readFileSync(authorizedKeys(sshd), "utf8")).toBe(before);
  });
});

it("makes a key for its owner alone, never writes over one, and writes nothing when dry", async () => {
  const { home, words } = await makeScene();
  const [target = "", ...others] = words;
  expect((await home.run("add", "web", target, ...others)).code).toBe(0);
  const path = join(home.paths.configFile, "../keys/web");

  const dry = await home.run("key", "--dry-run");
  expect([dry.code, existsSync(path)]).toEqual([0, false]);
  expect(dry.stdout).toContain("ssh-ed25519 AAAA… clawtunnel web@");

  const made = await home.run("key");
  expect(made.code, made.stderr).toBe(0);
  expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
  const text = readFileSync(path, "utf8");
  const again = await home.run("key", "web");
  expect([again.code, readFileSync(path, "utf8")]).toEqual([1, text]);
  expect(again.stderr).toContain("--existing");
  expect((await home.run("key", "web", "--existing")).stdout).toBe(made.stdout);

  expect((await home.run("key", "web", "--existing", "--install")).code).toBe(2);
  expect((await home.run("key", "web", "--use")).code).toBe(2);

  expect((await home.run("add", "boxed", target, "-L", `${await freePort()}:docker:web:80`)).code).toBe(0);
  const boxed = await home.run("key", "boxed");
  expect(boxed.stderr).toContain("only a command on the server tells where docker:web:80 is");
  expect(existsSync(join(home.paths.configFile, "../keys/boxed"))).toBe(false);
});
