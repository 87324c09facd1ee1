import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { TunnelStatus } from "../../src/tunnel/status.js";
import type { Home } from "../support/clawtunnel.js";
import { startAgent } from "../support/ssh-agent.js";
import { hasSsh } from "../support/ssh-client.js";
import { freePort } from "../support/sshd.js";
import { sshdKind, type TestSshd } from "../support/test-sshd.js";
import { fetchText, isVerified, knownHostsWords, makeHome, makeScene, makeService, makeSshd, targetOf, untilTunnel } from "./scene.js";

const isPossible = hasSsh && sshdKind() === "openssh" && process.platform !== "win32";

/** A Host block for the test's server, and what is added to it. */
function writeConfig(home: Home, sshd: TestSshd, ...lines: readonly string[]): void {
  const block = [
    "Host BOX",
    `HostName ${sshd.host}`,
    `Port ${sshd.port}`,
    `User ${sshd.user}`,
    `IdentityFile ${sshd.clientKeyPath}`,
    `UserKnownHostsFile ${sshd.knownHostsPath}`,
    "GlobalKnownHostsFile none",
    ...lines,
  ];
  writeFileSync(join(home.userDir, "my_config"), `${block.join("\n")}\n`);
}

/** Changes of one tunnel, as they come; nobody asks the server for them, as `status` would. */
function watchTunnel(home: Home, name: string): TunnelStatus[] {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const changes: TunnelStatus[] = [];
  void (async () => {
    for await (const { tunnel } of home.daemon.events(abort.signal)) if (tunnel.name === name) changes.push(tunnel);
  })().catch(() => {});
  return changes;
}

describe.skipIf(!isPossible)("a host of ssh_config", () => {
  it("is reached by its alias, with the file that -F names from where the person stands", async () => {
    const { home, sshd, service, port } = await makeScene();
    writeConfig(home, sshd);

    const up = await home.run("up", "BOX", "-F", "my_config", "-L", `${port}:127.0.0.1:${service.port}`);

    expect(up.code, up.stdout + up.stderr).toBe(0);
    expect(await fetchText(port)).toBe("ok\n");
    expect((await home.daemon.status()).tunnels).toMatchObject([
      { name: "box", target: `${sshd.user}@${sshd.host}:${sshd.port}`, engine: "ssh2", engineReason: null, warnings: [] },
    ]);
    expect(JSON.parse((await home.run("show", "box")).stdout)).toMatchObject({ target: "BOX", sshConfig: join(home.userDir, "my_config") });
  });

  it("may be named again by its alias, though the tunnel has got that name: the same words are the same tunnel, others another", async () => {
    const { home, sshd, service, port } = await makeScene();
    writeConfig(home, sshd);
    const config = join(home.userDir, "my_config");
    writeFileSync(config, readFileSync(config, "utf8").replace("Host BOX", "Host box"));
    const words = ["up", "box", "-F", "my_config", "-L"];
    const other = await freePort();
    for (const forward of [port, port, other]) {
      const up = await home.run(...words, `${forward}:127.0.0.1:${service.port}`);
      expect(up.code, up.stderr).toBe(0);
    }
    expect((await home.daemon.status()).tunnels.map(({ name }) => name)).toEqual(["box", "box-2"]);

    expect((await home.run("add", "elsewhere", "box", "-F", "my_config", "-L", `${await freePort()}:a:1`)).code).toBe(0);
    const guess = await home.run("up", "elsewhere", "-L", `${other}:a:1`);
    expect([guess.code, guess.stderr]).toEqual([2, expect.stringContaining("[name-taken]")]);
  });

  it("has its settings said on the command line as well", async () => {
    const { home, sshd, service, port } = await makeScene();
    const said = [`HostName=${sshd.host}`, `Port=${sshd.port}`, `UserKnownHostsFile=${sshd.knownHostsPath}`, "StrictHostKeyChecking=yes"];
    const words = ["-F", "none", "-l", sshd.user, "-i", sshd.clientKeyPath, ...said.flatMap((option) => ["-o", option])];

    const up = await home.run("up", "box", ...words, "-L", `${port}:127.0.0.1:${service.port}`, "--engine", "ssh2");

    expect(up.code, up.stdout + up.stderr).toBe(0);
    expect(await fetchText(port)).toBe("ok\n");
  });

  it("holds the tunnel while its configuration is wrong, and lets go when it is mended", async () => {
    const { home, sshd, service, port } = await makeScene();
    writeConfig(home, sshd, "Prot 22");

    const up = await home.run("up", "BOX", "-F", "my_config", "-L", `${port}:127.0.0.1:${service.port}`);
    expect(up.code).toBe(5);
    expect(up.stdout).toContain("Bad configuration option: prot");

    writeConfig(home, sshd);
    await untilTunnel(home, "box", isVerified);
  });

  it("warns of forwards that it has of its own", async () => {
    const { home, sshd, service, port } = await makeScene();
    writeConfig(home, sshd, "LocalForward 18080 localhost:80");

    const up = await home.run("up", "BOX", "-F", "my_config", "-L", `${port}:127.0.0.1:${service.port}`);

    expect(up.code).toBe(0);
    const { tunnels } = await home.daemon.status();
    expect(tunnels[0]?.warnings).toEqual([expect.stringContaining("LocalForward 18080 [localhost]:80")]);
  });

  it("is given up after its own ConnectTimeout", async () => {
    const home = makeHome();
    const silent = createServer((socket) => void socket.on("error", () => {}));
    await new Promise<void>((resolve) => void silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as { port: number };
    writeFileSync(join(home.userDir, "my_config"), `Host box\n  HostName 127.0.0.1\n  Port ${port}\n  ConnectTimeout 1\n`);
    const key = join(home.userDir, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);

    await home.run("up", "box", "-F", "my_config", "-i", key, "-L", `${await freePort()}:127.0.0.1:80`, "--wait", "0");

    const failed = await untilTunnel(home, "box", ({ failure }) => failure !== null);
    expect(failed.failure).toMatchObject({ code: "handshake-timeout", message: expect.stringContaining("within 1000 ms") });
  });

  it("is asked for a sign of life as often as its ServerAliveInterval says", async () => {
    const { home, sshd, service, port } = await makeScene();
    const other = await makeSshd();
    const target = `127.0.0.1:${service.port}`;
    const seldom = ["-o", "ServerAliveInterval=3600", "-i", other.clientKeyPath, ...knownHostsWords(other.knownHostsPath)];
    writeConfig(home, sshd, "ServerAliveInterval 1");
    expect((await home.run("up", "BOX", "-F", "my_config", "-L", `${port}:${target}`, "--name", "often")).code).toBe(0);
    const up = await home.run("up", targetOf(other), ...seldom, "-L", `${await freePort()}:${target}`, "--name", "seldom");
    expect(up.code, up.stdout + up.stderr).toBe(0);
    const [often, rarely] = [watchTunnel(home, "often"), watchTunnel(home, "seldom")];
    await expect.poll(() => often.length + rarely.length).toBeGreaterThan(1);

    await Promise.all([sshd.freezeSessions(), other.freezeSessions()]);

    // With 5 s, which is ours where nobody has said anything, both would be doubted at much the same time.
    await expect.poll(() => often.some(({ reconnects }) => reconnects > 0), { timeout: 15_000 }).toBe(true);
    expect(rarely.filter(({ reason }) => reason === "peer-doubted")).toEqual([]);
  });
});

it.skipIf(!isPossible)("a tunnel that was held for want of an agent opens when one with its key appears", async () => {
  const [sshd, service, port] = await Promise.all([makeSshd(), makeService(), freePort()]);
  const runtime = join(sshd.dir, "run");
  mkdirSync(runtime);
  const home = makeHome({ XDG_RUNTIME_DIR: runtime });
  const words = ["-o", "IdentityFile=none", "-o", "PreferredAuthentications=publickey", ...knownHostsWords(sshd.knownHostsPath)];

  const up = await home.run("up", targetOf(sshd), ...words, "-L", `${port}:127.0.0.1:${service.port}`, "--name", "web");
  expect(up.code, up.stdout).toBe(5);

  const agent = await startAgent(join(runtime, "ssh-agent.socket"));
  onTestFinished(() => agent.stop());
  await agent.add(sshd.clientKeyPath);
  await untilTunnel(home, "web", isVerified);
});

describe.skipIf(!isPossible)("doctor", () => {
  it("says without a daemon how a saved tunnel would log in, and names what of ssh_config is not honoured and where it stands", async () => {
    const home = makeHome();
    const sshd = await makeSshd();
    writeConfig(home, sshd, "RekeyLimit 1M", "ForwardX11 yes");
    await home.run("add", "web", "BOX", "-F", "my_config", "-L", "18080:127.0.0.1:80");

    const doctor = await home.run("doctor", "web");

    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/resolved by {2}OpenSSH_\S+ \(ssh -G\)\n {2}engine {7}ssh2\n/);
    expect(doctor.stdout).toContain(`${sshd.clientKeyPath}: usable, ssh-ed25519`);
    expect(doctor.stdout).toContain(`RekeyLimit 1048576 0 (${home.userDir}/my_config:8) is not honoured by the ssh2 engine`);
    expect(doctor.stdout).not.toContain("ForwardX11");
    expect(home.daemonPid()).toBeUndefined();
  });

  it("has nothing to say of a tunnel that is in order", async () => {
    const { home, sshd, service, port } = await makeScene();
    writeConfig(home, sshd);
    await home.run("up", "BOX", "-F", "my_config", "-L", `${port}:127.0.0.1:${service.port}`, "--name", "web");

    const { logins, machine } = JSON.parse((await home.run("doctor", "--json")).stdout);

    expect(logins).toMatchObject([{ name: "web", target: "BOX", engine: "ssh2", findings: [], failure: null, cause: null }]);
    expect(logins[0].way).toMatchObject([{ server: `${sshd.user}@${sshd.host}:${sshd.port}`, agent: null }]);
    expect((await home.run("doctor")).code).toBe(machine.findings.length === 0 ? 0 : 1);
  });

  it("says of a bare host that no tunnel is saved for what is wrong with it", async () => {
    const home = makeHome({ PATH: "/nowhere" });
    const doctor = await home.run("doctor", "me@box.example", "--json");
    expect(doctor.code).toBe(1);
    expect(JSON.parse(doctor.stdout)).toMatchObject({
      machine: { ssh: null },
      logins: [{ target: "me@box.example", resolvedBy: null, engine: "ssh2", findings: [{ message: expect.stringContaining("no key") }] }],
    });
  });

  it("looks at many tunnels without a word on stderr, and says of each hop's one key once that it is locked", async () => {
    const home = makeHome();
    const locked = join(home.userDir, "locked");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "correct horse", "-f", locked]);
    writeFileSync(
      join(home.userDir, "my_config"),
      `Host box*\nProxyJump edge\nHost *\nHostName 127.0.0.1\nIdentityAgent none\nIdentityFile ${locked}\n`,
    );
    const hosts = Array.from({ length: 12 }, (_, number) => `box${number}`);
    const tunnels = hosts.map((target, number) => [
      target,
      { target, sshConfig: join(home.userDir, "my_config"), forwards: [{ local: `127.0.0.1:${18_080 + number}`, to: "127.0.0.1:80" }] },
    ]);
    mkdirSync(dirname(home.paths.configFile), { recursive: true });
    writeFileSync(home.paths.configFile, JSON.stringify({ tunnels: Object.fromEntries(tunnels) }));

    const doctor = await home.run("doctor");

    expect(doctor.stderr).toBe("");
    expect(doctor.stdout.split(`the identity ${locked} is encrypted and not in the agent`)).toHaveLength(hosts.length + 1);
  });

  it("refuses what is neither a tunnel nor a host", async () => {
    expect((await makeHome().run("doctor", "not a host")).code).toBe(2);
  });
});
