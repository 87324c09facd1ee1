import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { processStartedAt } from "../../src/base/process-identity.js";
import { endStaleForward, findStaleForward } from "../../src/daemon/ports/stale-forward.js";
import { findPortOwner, findPortProcess } from "../../src/forward/port-owner/port-owner.js";
import { parentFromPs } from "../../src/forward/port-owner/port-owner-command.js";
import { parentFromProc } from "../../src/forward/port-owner/port-owner-linux.js";
import { meansVeryForward } from "../../src/forward/port-owner/ssh-meaning.js";
import { resolveSsh, type SshResolver } from "../../src/forward/port-owner/ssh-resolver.js";
import { readVeryForward, type WantedForward } from "../../src/forward/port-owner/very-forward.js";
import { dumpConfig } from "../../src/ssh/resolve/run-ssh-g.js";
import { Cleanups } from "../support/cleanups.js";
import { forwardWords, hasAutossh, hasSsh, startSshForward } from "../support/ssh-client.js";
import { freePort } from "../support/sshd.js";
import { startTestSshd, type TestSshd } from "../support/test-sshd.js";
import { until } from "../support/until.js";

const isLinux = process.platform === "linux";
const cleanups = new Cleanups();
let sshd: TestSshd;
beforeAll(async () => {
  sshd = await startTestSshd();
});
afterAll(() => sshd.dispose());
afterEach(cleanups.run);

describe.skipIf(!hasSsh || process.platform === "win32")("a stale ssh with this very forward", () => {
  it("is found and ended, and its port is free then", async () => {
    const { wanted, port, ssh } = await openBySsh();
    const stale = await findStaleForward(wanted);
    expect(stale).toMatchObject({ owner: { pid: ssh.pid, kind: "ssh", isOwn: true }, processes: [{ pid: ssh.pid }] });
    if (stale === undefined) return;

    expect(await endStaleForward(stale, wanted)).toBe(true);

    await until(() => ssh.hasEnded());
    await expect(dial(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("is ended although it is stopped and hears no SIGTERM", async () => {
    const { wanted, ssh } = await openBySsh();
    const stale = await findStaleForward(wanted);
    if (stale === undefined) throw new Error("it was not found");
    process.kill(ssh.pid, "SIGSTOP");

    expect(await endStaleForward(stale, wanted)).toBe(true);

    await until(() => ssh.hasEnded());
  });

  it("is left alone when another has come in its place since it was found", async () => {
    const first = await openBySsh();
    const stale = await findStaleForward(first.wanted);
    if (stale === undefined) throw new Error("it was not found");
    await first.ssh.end();
    const second = await openBySsh(first.port);

    expect(await endStaleForward(stale, first.wanted)).toBe(false);

    expect(second.ssh.hasEnded()).toBe(false);
    await dial(first.port);
  });

  it("is not found for another destination, server, or port of the server", async () => {
    const { wanted } = await openBySsh();
    const { target, forward } = wanted;
    const others: WantedForward[] = [
      { ...wanted, forward: { ...forward, to: { ...forward.to, port: forward.to.port + 1 } } },
      { ...wanted, target: { ...target, host: "vps.example.com" } },
      { ...wanted, target: { ...target, port: 22 } },
    ];
    for (const other of others) expect(await findStaleForward(other)).toBeUndefined();
  });

  it("is none when it has a shell", async () => {
    // A shell that reads from a pipe stays until the pipe is closed.
    const { wanted } = await openBySsh(undefined, ["-T"]);
    expect(await findStaleForward(wanted)).toBeUndefined();
  });

  it("is none when the user's ssh_config lets it do more, and is not ended when that is found out late", async () => {
    const { wanted, ssh } = await openBySsh();
    const stale = await findStaleForward(wanted);
    if (stale === undefined) throw new Error("it was not found");
    const config = writeConfig("DynamicForward 127.0.0.1:1080");

    expect(await findStaleForward(wanted, resolveWith(config))).toBeUndefined();
    expect(await endStaleForward(stale, wanted, resolveWith(config))).toBe(false);

    expect(ssh.hasEnded()).toBe(false);
  });

  it("is none when ssh does not say what it means", async () => {
    const { wanted } = await openBySsh();
    expect(await findStaleForward(wanted, async () => undefined)).toBeUndefined();
    expect(await findStaleForward(wanted, async () => "")).toBeUndefined();
  });

  it.skipIf(!isLinux)("is none when it was started for another HOME", async () => {
    const port = await freePort();
    const ssh = await startSshForward(sshd, port, 80, { userHome: cleanups.folder() });
    cleanups.add(ssh.end);
    expect(await findStaleForward(wantedOn(port))).toBeUndefined();
  });

  it.skipIf(!isLinux)("is none when another program only calls itself so", async () => {
    const port = await freePort();
    const wanted = wantedOn(port);
    const folder = cleanups.folder();
    const target = `${sshd.user}@${sshd.host}`;
    const script = `require("node:net").createServer().listen(${port}, "127.0.0.1", () => console.log("ready"))`;
    writeFileSync(join(folder, target), script);
    // Every word is that of an ssh, argv[0] as well; what runs is node, with a script that is named like the server.
    const words = [target, "-N", ...forwardWords(sshd, port, 80)];
    const child = spawn(process.execPath, words, { argv0: "ssh", cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
    cleanups.add(() => endChild(child));
    await once(child.stdout, "data");
    const holder = await findPortProcess(port, "127.0.0.1");
    expect(holder).toMatchObject({ pid: child.pid, executable: "node" });
    expect(readVeryForward(holder?.argv ?? [], wanted)).toBeDefined();
    expect(await findStaleForward(wanted)).toBeUndefined();
  });

  it.skipIf(!hasAutossh)("is ended with the autossh that would start it again, the autossh first", async () => {
    const { wanted, port, ssh: autossh } = await openBySsh(undefined, ["-M", "0", "-N"], "autossh");
    const stale = await findStaleForward(wanted);
    expect(stale).toMatchObject({ owner: { pid: autossh.pid }, processes: [{ pid: autossh.pid }, { pid: expect.any(Number) }] });
    expect(await findPortOwner(port, "127.0.0.1")).toMatchObject({ kind: "ssh", isOwn: true, keeperPid: autossh.pid });
    if (stale === undefined) return;

    expect(await endStaleForward(stale, wanted)).toBe(true);

    await until(() => autossh.hasEnded());
    await expect(dial(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it.skipIf(!hasAutossh)("is known by the words of its autossh, where that has given it a monitor's forwards", async () => {
    const monitorPort = await freePort();
    // On one machine the two ends of the monitor are in each other's way, which is none of ours.
    const words = ["-M", String(monitorPort), "-o", "ExitOnForwardFailure=no", "-N"];
    const { wanted, ssh: autossh } = await openBySsh(undefined, words, "autossh");
    const stale = await findStaleForward(wanted);
    expect(stale?.processes[0]?.pid).toBe(autossh.pid);
  });
});

describe.skipIf(!hasSsh || process.platform === "win32")("what a real ssh makes of its words and a configuration file", () => {
  const wanted: WantedForward = {
    target: { user: "me", host: "vps.example.com", port: 22 },
    forward: { bind: { host: "127.0.0.1", port: 8080 }, to: { host: "127.0.0.1", port: 80 } },
    others: [{ bind: { host: "127.0.0.1", port: 5432 }, to: { host: "db", port: 5432 } }],
  };
  const words = ["-N", "-L", "8080:127.0.0.1:80", "--", "vps.example.com"];
  const judge = async (...lines: string[]) => {
    const dump = await dumpConfig("ssh", ["-F", writeConfig("User me", ...lines), ...words]);
    expect(dump).toContain("hostname ");
    return meansVeryForward(dump ?? "", wanted);
  };

  it.each([
    ["nothing in particular", []],
    ["the tunnel's other forward", ["LocalForward 5432 db:5432"]],
    ["the defaults, spelled out", ["ProxyJump none", "RemoteCommand none", "ControlMaster no", "Tunnel no", "GatewayPorts no"]],
    [
      "what does not matter",
      ["ServerAliveInterval 5", "ForwardAgent yes", "ControlPath /tmp/%C", "SessionType default", "Compression yes"],
    ],
  ])("is the forward with %s", async (_, lines) => {
    expect(await judge(...lines)).toBe(true);
  });

  it.each([
    "DynamicForward 1080",
    "RemoteForward 9000 h:9",
    "RemoteForward 9000",
    "LocalForward 9000 h:9",
    "LocalForward 9000 /run/docker.sock",
    "LocalForward /tmp/x.sock h:9",
    "ControlMaster yes",
    "ControlMaster auto",
    "ControlMaster autoask",
    "Tunnel yes",
    "Tunnel ethernet",
    "ProxyJump edge",
    "ProxyCommand nc %h %p",
    "RemoteCommand make",
    "PermitLocalCommand yes",
    "GatewayPorts yes",
    "ClearAllForwardings yes",
    "HostName 192.0.2.1",
    "Port 2222",
  ])("is more, or something else, with `%s`", async (line) => {
    expect(await judge(line)).toBe(false);
  });

  it("is something else for another user", async () => {
    expect(meansVeryForward((await dumpConfig("ssh", ["-F", writeConfig("User you"), ...words])) ?? "", wanted)).toBe(false);
  });

  it("is not known when the file is wrong, or there is no such ssh", async () => {
    expect(await dumpConfig("ssh", ["-F", writeConfig("NoSuchKeyword yes"), ...words])).toBeUndefined();
    expect(await dumpConfig(join(cleanups.folder(), "ssh"), words)).toBeUndefined();
  });

  it.skipIf(!isLinux)("is asked of the program that the process runs, which need not be one that answers", async () => {
    expect(await resolveSsh(process.pid, words)).toBeUndefined();
  });

  it("is not waited for when a `Match exec` hangs, which is ended", async () => {
    const pidFile = join(cleanups.folder(), "pid");
    const config = writeConfig(`Match exec "echo $$ > ${pidFile}; exec sleep 60"`);
    expect(await dumpConfig("ssh", ["-F", config, ...words])).toBeUndefined();
    const pid = Number(readFileSync(pidFile, "utf8"));
    await until(async () => (await processStartedAt(pid)) === null);
  });
});

describe.skipIf(!isLinux)("the parent of a process", () => {
  it("is the same by /proc and by ps", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    cleanups.add(() => endChild(child));
    const { pid = 0 } = child;
    const byProc = await parentFromProc(pid);
    expect(byProc).toMatchObject({ pid: process.pid, argv: expect.arrayContaining([process.argv[0]]) });
    expect(await parentFromPs(pid)).toMatchObject({ pid: process.pid, user: byProc?.user });
  });
});

async function openBySsh(onPort?: number, words: readonly string[] = ["-N"], program: "ssh" | "autossh" = "ssh") {
  const port = onPort ?? (await freePort());
  const ssh = await startSshForward(sshd, port, 80, { program, words });
  cleanups.add(ssh.end);
  return { port, ssh, wanted: wantedOn(port) };
}

function wantedOn(port: number): WantedForward {
  const loopback = "127.0.0.1";
  const forward = { bind: { host: loopback, port }, to: { host: loopback, port: 80 } };
  return { target: { user: sshd.user, host: sshd.host, port: sshd.port }, forward, others: [] };
}

/** As the user's own ssh_config would be read, which no test may write. */
function resolveWith(config: string): SshResolver {
  return (_pid, words) => dumpConfig("ssh", words.with(words.indexOf("/dev/null"), config));
}

function writeConfig(...lines: string[]): string {
  const path = join(cleanups.folder(), "config");
  writeFileSync(path, ["Host *", ...lines].join("\n"));
  return path;
}

async function endChild(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  if (child.kill()) await exited;
}

async function dial(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  cleanups.add(() => socket.destroy());
  await once(socket, "connect");
}
