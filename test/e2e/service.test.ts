import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startAgent } from "../support/ssh-agent.js";
import { hasSsh } from "../support/ssh-client.js";
import { freePort } from "../support/sshd.js";
import { sshdKind } from "../support/test-sshd.js";
import { until } from "../support/until.js";
import { engines, entryFor, fetchText, makeHome, makeScene, makeService, makeSshd, untilTunnel } from "./scene.js";
import { makeFakeSystemd, readLastExit, startService, untilService, writeHomeConfig } from "./service-scene.js";

describe.skipIf(process.platform === "win32")("a daemon that systemd has started", () => {
  it("says that it is ready once its control socket is there, how its tunnels fare, that it is well, and that it stops", async () => {
    const { home, sshd, service, port } = await makeScene();
    const systemd = makeFakeSystemd(home);
    writeHomeConfig(home, { tunnels: { web: entryFor(sshd, port, service.port) } });

    const daemon = startService(home, "systemd", { ...systemd.env, WATCHDOG_USEC: "300000", WATCHDOG_PID: undefined });
    await untilService(home, daemon);

    const ready = await until(() => systemd.said()[0]);
    expect(ready).toMatch(new RegExp(`^/run/fake/notify there --pid=${daemon.child.pid} --ready --status=(0 of 1 tunnel up|1 tunnel up)$`));
    await until(() => systemd.said().some((line) => line.includes("--status=1 tunnel up")));
    await until(() => systemd.said().filter((line) => line.endsWith("WATCHDOG=1")).length >= 3);
    expect((await home.daemon.status()).daemon.service).toBe("systemd");

    daemon.child.kill("SIGTERM");
    expect((await daemon.ended).code).toBe(0);
    expect(systemd.said().at(-1)).toMatch(/ STOPPING=1$/);
  });

  it("leaves the watchdog of another process alone", async () => {
    const home = makeHome();
    const systemd = makeFakeSystemd(home);
    const daemon = startService(home, "systemd", { ...systemd.env, WATCHDOG_USEC: "3000", WATCHDOG_PID: "1" });
    await untilService(home, daemon);
    await until(() => systemd.said().length > 0);
    daemon.child.kill("SIGTERM");
    await daemon.ended;
    expect(systemd.said().filter((line) => line.includes("WATCHDOG"))).toEqual([]);
  });

  it("goes on where there is no systemd-notify, and says so once in its log", async () => {
    const home = makeHome();
    const nodeOnly = join(home.userDir, "empty");
    const daemon = startService(home, "systemd", { PATH: nodeOnly, NOTIFY_SOCKET: "/run/fake/notify", WATCHDOG_USEC: "3000" });
    await untilService(home, daemon);
    await until(() => readFileSync(home.paths.logFile, "utf8").includes("systemd.untold"));
    daemon.child.kill("SIGTERM");
    expect((await daemon.ended).code).toBe(0);
    expect(readFileSync(home.paths.logFile, "utf8").match(/systemd\.untold/g)).toHaveLength(1);
  });

  it("writes its log to the journal, each line with its priority, and to nothing else where there is no journal", async () => {
    const { home, sshd, service, port } = await makeScene();
    writeHomeConfig(home, { tunnels: { web: entryFor(sshd, port, service.port) } });
    const daemon = startService(home, "systemd", { JOURNAL_STREAM: "8:1" });
    await untilTunnel(home, "web", ({ phase }) => phase === "up");
    daemon.child.kill("SIGTERM");
    const { stderr, stdout } = await daemon.ended;
    expect(stderr).toMatch(/^<6>web: tunnel is up {2}from=connecting reason=\S+ tookMs=\d+$/m);
    expect(stderr.split("\n").filter((line) => line !== "" && !/^<[3467]>/.test(line))).toEqual([]);
    expect(stdout).toBe("");

    for (const manager of ["systemd", "launchd", "task-scheduler", "cron"]) {
      const quiet = startService(home, manager);
      await untilService(home, quiet);
      quiet.child.kill("SIGTERM");
      expect(await quiet.ended).toEqual({ code: 0, stdout: "", stderr: "" });
    }
  });

  it.runIf(sshdKind() === "openssh" && hasSsh).each(engines)(
    "shows nothing of what systemd told it to what it starts, with %s",
    async (engine) => {
      const { home, sshd, service, port } = await makeScene();
      const systemd = makeFakeSystemd(home);
      const seen = join(home.userDir, "seen");
      const netcat = `require("net").connect(${sshd.port},"127.0.0.1",function(){process.stdin.pipe(this).pipe(process.stdout)})`;
      const script = join(home.userDir, "proxy.sh");
      writeFileSync(script, `env > '${seen}.draft'; mv '${seen}.draft' '${seen}'; exec '${process.execPath}' -e '${netcat}'\n`);
      writeFileSync(join(home.userDir, "ssh_config"), `Host *\n  ProxyCommand sh ${script}\n`);
      const entry = { ...entryFor(sshd, port, service.port, engine), sshConfig: join(home.userDir, "ssh_config") };
      writeHomeConfig(home, { tunnels: { web: entry } });

      const env = { ...systemd.env, WATCHDOG_USEC: "300000", INVOCATION_ID: "abc" };
      const daemon = startService(home, "systemd", env);
      await untilTunnel(home, "web", ({ health }) => health === "verified");

      expect(await fetchText(port)).toBe("ok\n");
      const names = readFileSync(seen, "utf8")
        .split("\n")
        .map((line) => line.split("=")[0]);
      expect(names).toContain("INVOCATION_ID");
      expect(names.filter((name) => /^(NOTIFY_SOCKET|WATCHDOG_.*|CLAWTUNNEL_SERVICE)$/.test(name ?? ""))).toEqual([]);
      daemon.child.kill("SIGTERM");
      await daemon.ended;
    },
  );
});

describe("a daemon that a service manager has started", () => {
  it.each([
    ["systemd", 78],
    ["task-scheduler", 78],
    ["cron", 78],
    ["launchd", 0],
  ])("ends under %s with %i when its config is broken, has written why, and has opened nothing", async (manager, code) => {
    const home = makeHome();
    writeHomeConfig(home, "{ not json");

    const { code: ended } = await startService(home, manager).ended;

    expect(ended).toBe(code);
    expect(readLastExit(home)).toEqual({
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      code: "config-not-json",
      exitCode: code,
      message: expect.stringContaining(home.paths.configFile),
      hint: expect.stringContaining("Mend the file"),
    });
    expect([home.paths.lockFile, home.paths.controlEndpoint].filter((path) => existsSync(path))).toEqual([]);

    writeHomeConfig(home, {});
    const mended = startService(home, manager);
    await untilService(home, mended);
    await until(() => !existsSync(home.paths.lastExitFile));
  });

  it("goes on with the tunnels that it has when its config becomes broken", async () => {
    const { home, sshd, service, port } = await makeScene();
    writeHomeConfig(home, { tunnels: { web: entryFor(sshd, port, service.port) } });
    const daemon = startService(home, "systemd");
    await untilService(home, daemon);
    writeHomeConfig(home, "{ not json");
    await until(async () => (await home.daemon.status()).daemon.config.failure !== null);
    expect(await fetchText(port)).toBe("ok\n");
    expect(existsSync(home.paths.lastExitFile)).toBe(false);
  });

  it("ends with 78 when it is not told by which manager", async () => {
    const home = makeHome();
    const { code, stderr } = await startService(home, "upstart").ended;
    expect(code).toBe(78);
    expect(stderr).toContain('CLAWTUNNEL_SERVICE is "upstart"');
    expect(readLastExit(home)).toMatchObject({ code: "usage", exitCode: 78, hint: expect.stringContaining("clawtunnel install") });
  });

  it("says in the journal why it does not start", async () => {
    const home = makeHome();
    writeHomeConfig(home, '{ "tunnels": 5 }');
    const { stderr } = await startService(home, "systemd", { JOURNAL_STREAM: "8:1" }).ended;
    expect(stderr).toMatch(/^<3>.*config-invalid\]\n<3>Mend the file/m);
  });

  it("ends with 75 when another service runs the daemon, and leaves that one be", async () => {
    const home = makeHome();
    const first = startService(home, "systemd");
    const pid = await untilService(home, first);

    expect((await startService(home, "cron").ended).code).toBe(75);

    expect(readLastExit(home)).toMatchObject({
      code: "daemon-running",
      exitCode: 75,
      message: expect.stringContaining(`pid ${pid}, started by systemd`),
    });
    expect((await home.daemon.status()).daemon).toMatchObject({ pid, service: "systemd" });
  });

  it.skipIf(process.platform === "win32")("ends with 75 when the daemon that it is to take over from hangs", async () => {
    const home = makeHome();
    const hung = home.start("daemon");
    await until(() => home.daemon.status());
    hung.child.kill("SIGSTOP");
    expect((await startService(home, "systemd").ended).code).toBe(75);
    expect(readLastExit(home)).toMatchObject({ code: "daemon-unresponsive", exitCode: 75 });
    hung.child.kill("SIGCONT");
  });

  it("ends with 1 when its folder cannot be used, which may heal", async () => {
    const file = join(makeHome().userDir, "file");
    writeFileSync(file, "");
    const home = makeHome({ CLAWTUNNEL_HOME: join(file, "home") });
    expect((await startService(home, "systemd").ended).code).toBe(1);
  });

  it("leaves the words of a bug that ended it, where they can be found", async () => {
    const home = makeHome();
    const bug = 'setTimeout(() => { throw new Error("boom") }, 1000)';
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}` };

    const { code, stderr } = await startService(home, "launchd", env).ended;

    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: boom\n {4}at /);
    expect(readLastExit(home)).toMatchObject({ code: "internal", exitCode: 1, message: expect.stringContaining("boom") });
    // A bug in the log is for the other tests to complain of.
    rmSync(home.paths.logFile);
  });

  it.skipIf(process.platform === "win32")("opens a tunnel as soon as there is an agent, which none is at a boot", async () => {
    const { home, sshd, service, port } = await makeScene();
    const { identities: _, ...entry } = entryFor(sshd, port, service.port);
    writeHomeConfig(home, { tunnels: { web: entry } });
    const runtime = join(home.userDir, "runtime");
    mkdirSync(runtime, { mode: 0o700 });
    startService(home, "systemd", { XDG_RUNTIME_DIR: runtime });
    await untilTunnel(home, "web", ({ phase }) => phase === "held");

    const agent = await startAgent(join(runtime, "ssh-agent.socket"));
    onTestFinished(agent.stop);
    await agent.add(sshd.clientKeyPath);

    await untilTunnel(home, "web", ({ health }) => health === "verified");
  });

  it("has the tunnels of the config, as any daemon has", async () => {
    const [sshd, service, port, home] = [await makeSshd(), await makeService(), await freePort(), makeHome()];
    writeHomeConfig(home, { tunnels: { web: entryFor(sshd, port, service.port) } });
    startService(home, "launchd");
    expect(await untilTunnel(home, "web", ({ health }) => health === "verified")).toMatchObject({ saved: true });
  });
});
