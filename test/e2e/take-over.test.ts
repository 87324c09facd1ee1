import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { hasEnded } from "../../src/base/process-identity.js";
import { program } from "../support/clawtunnel.js";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";
import {
  engines,
  engineWords,
  entryFor,
  fetchText,
  isVerified,
  makeHome,
  makeOpenScene,
  makeScene,
  tunnels,
  untilTunnel,
  wordsFor,
} from "./scene.js";
import { replaceDaemon, startService, untilService, writeHomeConfig } from "./service-scene.js";

describe("a daemon that a person started", () => {
  it.each(engines)("gives way to a service, which has all its %s tunnels again, also one that was never saved", async (engine) => {
    const { home, sshd, service, port } = await makeOpenScene(engine);
    const oncePort = await freePort();
    const words = [...wordsFor(sshd, oncePort, service.port), ...engineWords(engine), "--name", "passing"];
    expect((await home.run("up", ...words, "--once")).code).toBe(0);
    const before = home.daemonPid() ?? 0;

    const daemon = startService(home, "systemd");
    const pid = await untilService(home, daemon);

    await until(() => hasEnded(before));
    expect(home.daemonPid()).toBe(pid);
    expect(await untilTunnel(home, "web", isVerified)).toMatchObject({ saved: true });
    expect(await untilTunnel(home, "passing", isVerified)).toMatchObject({ saved: false });
    for (const open of [port, oncePort]) expect(await fetchText(open)).toBe("ok\n");
    expect(existsSync(home.paths.handoverFile)).toBe(false);
    expect(readFileSync(home.paths.configFile, "utf8")).not.toContain("passing");
    expect(readFileSync(home.paths.logFile, "utf8")).toContain(`"tookOverFrom":${before}`);
  });

  it("gives way to a new one that is to replace it", async () => {
    const { home, port } = await makeOpenScene();
    const before = home.daemonPid() ?? 0;
    expect(await replaceDaemon(home)).toBe("done");
    await until(() => hasEnded(before));
    expect((await home.daemon.status()).daemon).toMatchObject({ pid: home.daemonPid(), service: "none" });
    expect(await fetchText(port)).toBe("ok\n");
  });

  it("keeps what was taken down down when it gives way", async () => {
    const { home } = await makeOpenScene();
    await home.run("down", "web");
    expect(await replaceDaemon(home)).toBe("done");
    expect(await tunnels(home)).toMatchObject([{ name: "web", phase: "stopped" }]);
  });

  it("does not give way to one that could not open its tunnels, because the config is broken", async () => {
    const { home, port } = await makeOpenScene();
    const before = home.daemonPid();
    writeHomeConfig(home, "{ not json");
    expect((await startService(home, "systemd").ended).code).toBe(78);
    expect(await replaceDaemon(home)).toBe("config-not-json");
    expect(home.daemonPid()).toBe(before);
    expect(await fetchText(port)).toBe("ok\n");
  });

  it("is simply started where none runs that could be replaced", async () => {
    const home = makeHome();
    expect(await replaceDaemon(home)).toBe("done");
    expect(home.daemonPid()).toBeGreaterThan(0);
  });
});

it("does not replace the daemon of a service, which its manager would only start again", async () => {
  const home = makeHome();
  const pid = await untilService(home, startService(home, "systemd"));
  expect(await replaceDaemon(home)).toBe("daemon-running");
  expect(home.daemonPid()).toBe(pid);
});

it("opens nothing that some daemon handed over in another life, and does not keep it", async () => {
  const { home, sshd, service, port } = await makeScene();
  mkdirSync(home.paths.stateDir, { recursive: true, mode: 0o700 });
  const left = { nonce: "of-another", tunnels: [{ name: "old", tunnel: entryFor(sshd, port, service.port) }] };
  writeFileSync(home.paths.handoverFile, JSON.stringify(left));
  await untilService(home, startService(home, "systemd"));
  expect(await tunnels(home)).toEqual([]);
  expect(existsSync(home.paths.handoverFile)).toBe(false);
});

it.skipIf(process.platform === "win32")("leaves what it hands over to its owner alone", async () => {
  const { home } = await makeOpenScene();
  const pid = home.daemonPid() ?? 0;
  await home.daemon.shutdown({ handOver: true });
  await until(() => hasEnded(pid));
  expect(statSync(home.paths.handoverFile).mode & 0o777).toBe(0o600);
});

describe.runIf(process.platform === "linux")("a daemon whose environment names another runtime folder than the shell's", () => {
  it.each([
    ["has none, where the shell has one", {}, { XDG_RUNTIME_DIR: "runtime" }],
    ["has one, where the shell has none", { XDG_RUNTIME_DIR: "runtime" }, {}],
  ])("is found: the service %s", async (_, ofService: NodeJS.ProcessEnv, ofShell: NodeJS.ProcessEnv) => {
    const home = makeHome();
    mkdirSync(join(home.userDir, "runtime"), { mode: 0o700 });
    const within = (env: NodeJS.ProcessEnv) => ({
      CLAWTUNNEL_HOME: undefined,
      XDG_CONFIG_HOME: join(home.userDir, "config"),
      XDG_STATE_HOME: join(home.userDir, "state"),
      XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR && join(home.userDir, env.XDG_RUNTIME_DIR),
    });
    const daemon = startService(home, "cron", within(ofService));
    const shell = (...words: string[]) =>
      promisify(execFile)(process.execPath, [program, ...words], {
        env: { ...process.env, HOME: home.userDir, ...within(ofShell) },
      });

    const { stdout } = await until(() => shell("status", "--json").catch(({ code, stdout }) => code !== 3 && { stdout }));

    expect(JSON.parse(stdout).daemon).toMatchObject({ pid: daemon.child.pid, service: "cron" });
    // Starts no second one.
    await shell("up");
    expect(JSON.parse((await shell("status", "--json")).stdout).daemon.pid).toBe(daemon.child.pid);
    await shell("daemon", "--stop");
    expect((await daemon.ended).code).toBe(0);
  });
});
