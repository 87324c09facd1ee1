import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { hasTerminal } from "../support/clawtunnel.js";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";
import { entryFor, fetchText, isVerified, loginWords, makeHome, makeOpenScene, makeScene, readConfig, untilTunnel } from "./scene.js";

const sshPath = spawnSync("sh", ["-c", "command -v ssh"], { encoding: "utf8" }).stdout?.trim() ?? "";
const hasSsh = sshPath !== "";
const command = ["--", "autossh", "-M", "0", "-f", "-N", "-L", "8080:web:80", "me@vps.example"];

describe("import", () => {
  it("of the command that somebody used so far makes a tunnel that a running daemon opens", async () => {
    const { home, sshd, service } = await makeOpenScene();
    const port = await freePort();
    const autossh = [
      "autossh",
      "-M",
      "0",
      "-fN",
      "-L",
      `${port}:127.0.0.1:${service.port}`,
      "-p",
      String(sshd.port),
      ...loginWords(sshd),
      `${sshd.user}@${sshd.host}`,
    ];

    const { code, stdout, stderr } = await home.run("import", "--yes", "--name", "old", "--", ...autossh);

    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain(`-L 127.0.0.1:${port}:127.0.0.1:${service.port}`);
    expect(stdout).toContain("not needed: -M 0: clawtunnel keeps the tunnel open itself");
    await untilTunnel(home, "old", isVerified);
    expect(await fetchText(port)).toBe(await fetchText(service.port));
    expect(readConfig(home).tunnels.old).toEqual({ ...entryFor(sshd, port, service.port), globalKnownHosts: ["/dev/null"] });
  });

  it("writes nothing without a yes, and says how to give it where nobody can be asked", async () => {
    const home = makeHome();
    const silent = await home.run("import", ...command);
    expect(silent).toMatchObject({ code: 2 });
    expect(silent.stdout).toContain("-L 127.0.0.1:8080:web:80");
    expect(silent.stderr).toContain("Give --yes to write, or --dry-run to look.");
    expect(await home.run("import", "--dry-run", ...command)).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse((await home.run("import", "--json", ...command)).stdout)).toMatchObject({
      from: "ssh",
      written: false,
      tunnels: [
        { name: "vps.example", state: "new", entry: { target: "me@vps.example", forwards: [{ local: "127.0.0.1:8080", to: "web:80" }] } },
      ],
    });
    expect(existsSync(home.paths.configFile)).toBe(false);
    expect(home.daemonPid()).toBeUndefined();
  });

  it.skipIf(!hasTerminal)("asks in a terminal, and only a yes is one", async () => {
    const home = makeHome();
    const declined = home.startInTerminal("import", ...command);
    await until(() => declined.stdout().includes("[y/N]"));
    declined.type("\n");
    expect(await declined.ended).toMatchObject({ code: 1, stdout: expect.stringContaining("nothing was written") });
    expect(existsSync(home.paths.configFile)).toBe(false);

    const agreed = home.startInTerminal("import", ...command);
    await until(() => agreed.stdout().includes("[y/N]"));
    agreed.type("y\n");
    expect((await agreed.ended).code).toBe(0);
    expect(Object.keys(readConfig(home).tunnels)).toEqual(["vps.example"]);
  });

  it("writes the same once, and gives a name that is taken a number", async () => {
    const home = makeHome();
    const other = ["--", "ssh", "-N", "-L", "8081:web:81", "vps.example"];
    expect((await home.run("import", "--yes", ...command)).code).toBe(0);
    expect(await home.run("import", "--yes", ...command)).toMatchObject({ code: 0, stdout: expect.stringContaining("already there") });
    expect((await home.run("import", "--yes", ...other)).code).toBe(0);
    expect(Object.keys(readConfig(home).tunnels)).toEqual(["vps.example", "vps.example-2"]);
    const taken = await home.run("import", "--yes", "--name", "vps.example", "--", "ssh", "-N", "-L", "8082:web:82", "x");
    expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining("[name-taken]") });
  });

  it("finds a unit by its name and a program's file in its usual place, in the home of who asks", async () => {
    const home = makeHome({ XDG_CONFIG_HOME: "" });
    const units = join(home.userDir, ".config", "systemd", "user");
    mkdirSync(units, { recursive: true });
    writeFileSync(
      join(units, "tunnel@.service"),
      "[Service]\nExecStart=/usr/bin/autossh -M 0 -N -i %h/.ssh/id -L 8080:web:80 %i\nRestart=always\n",
    );
    writeFileSync(
      join(home.userDir, ".boring.toml"),
      '[[tunnels]]\nname = "dev"\nlocal = "9000"\nremote = "localhost:9000"\nhost = "dev-server"\n',
    );

    const unit = await home.run("import", "tunnel@box.service", "--yes");
    expect(unit.code, unit.stdout + unit.stderr).toBe(0);
    expect(unit.stderr).toContain("systemctl --user disable --now");
    expect((await home.run("import", "boring", "--yes")).code).toBe(0);
    expect((await home.run("import", "--from", "boring", "--yes")).stdout).toContain("already there");

    expect(readConfig(home).tunnels).toEqual({
      "tunnel@box": undefined,
      "tunnel-box": { target: "box", identities: [`${home.userDir}/.ssh/id`], forwards: [{ local: "127.0.0.1:8080", to: "web:80" }] },
      dev: { target: "dev-server", forwards: [{ local: "127.0.0.1:9000", to: "localhost:9000" }] },
    });
  });

  it.skipIf(!hasSsh)("has the forwards that ssh_config adds to a command, because ssh would open them too", async () => {
    const bin = mkdtempSync("/tmp/ct-bin-");
    onTestFinished(() => rmSync(bin, { recursive: true, force: true }));
    // ssh looks for its files in the home of the password database, whatever HOME says.
    writeFileSync(join(bin, "config"), "Host remote-gateway\n  HostName 203.0.113.7\n  LocalForward 18789 127.0.0.1:18789\n");
    writeFileSync(join(bin, "ssh"), `#!/bin/sh\nexec ${sshPath} -F ${bin}/config "$@"\n`, { mode: 0o755 });
    const home = makeHome({ PATH: `${bin}:${process.env.PATH}` });
    const plist =
      "<plist><dict><key>Label</key><string>ai.openclaw.ssh-tunnel</string><key>ProgramArguments</key><array><string>/usr/bin/ssh</string><string>-N</string><string>remote-gateway</string></array></dict></plist>";
    writeFileSync(join(home.userDir, "tunnel.plist"), plist);

    const { code, stdout, stderr } = await home.run("import", "tunnel.plist", "--yes");

    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain("not needed: ssh_config of remote-gateway: its forward is taken over");
    expect(readConfig(home).tunnels).toEqual({
      "ai.openclaw.ssh-tunnel": { target: "remote-gateway", forwards: [{ local: "127.0.0.1:18789", to: "127.0.0.1:18789" }] },
    });
    expect((await home.run("import", "--host", "remote-gateway", "--yes")).stdout).toContain("already there");
  });

  it.each([
    [["nowhere.toml"], "nowhere.toml: it is not there [source-unreadable]", 1],
    [["strange.txt"], "is nothing that clawtunnel knows [source-unknown]", 2],
    [["strange.txt", "--command", "ssh -N x"], "one source at a time", 2],
    [["--name", "x y", "--command", "ssh -N x"], "[name-invalid]", 2],
    [["--from", "launchd"], "say where it stands", 2],
    [["ssh", "-N", "vps"], "-N is no option of import", 2],
    [["--from", "mole", "x"], "boring", 2],
    [["--host", "box", "x"], "one source at a time", 2],
  ])("%j is told with the next step", async (words, says, code) => {
    const home = makeHome();
    writeFileSync(join(home.userDir, "strange.txt"), "hello\n");
    const answer = await home.run("import", ...words);
    expect(answer).toMatchObject({ code, stderr: expect.stringContaining(says) });
    expect(answer.stderr).toMatch(/\n {2}\S/);
  });

  it.each([
    ["sh -c 'ssh -N -L 8080:web:80 vps; touch pwned'"],
    ["ssh -N -L 8080:web:80 $(touch pwned)"],
    ["ssh -N -L 8080:web:80 vps `touch pwned`"],
  ])("runs nothing of %s", async (line) => {
    const home = makeHome();
    expect(await home.run("import", "--yes", "--command", line)).toMatchObject({ code: 1 });
    expect(existsSync(join(home.userDir, "pwned"))).toBe(false);
    expect(existsSync(home.paths.configFile)).toBe(false);
  });
});

describe("export", () => {
  it("prints commands that import makes the same tunnel of", async () => {
    const { home, words } = await makeScene();
    expect((await home.run("add", "web", ...words)).code).toBe(0);
    const entry = readConfig(home).tunnels.web;
    const other = makeHome();
    for (const form of ["ssh", "autossh"]) {
      const { code, stdout } = await home.run("export", "web", "--as", form);
      expect(code).toBe(0);
      const { tunnels } = JSON.parse((await other.run("import", "--json", "--command", stdout)).stdout);
      expect(tunnels[0].entry).toEqual({ ...entry, keepaliveIntervalMs: 5000, keepaliveCountMax: 2, connectTimeoutMs: 10_000 });
    }
  });

  it("says on stderr what has no equivalent, and refuses a name that nobody has", async () => {
    const { home, words } = await makeScene();
    expect((await home.run("add", "web", ...words, "--on-port-busy", "next")).code).toBe(0);
    const { code, stdout, stderr } = await home.run("export");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Host web\n {4}HostName /);
    expect(stderr).toBe("web: no equivalent for onPortBusy: ssh ends when a port is busy\n");
    expect(await home.run("export", "nobody")).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("[tunnel-unknown]") });
  });
});
