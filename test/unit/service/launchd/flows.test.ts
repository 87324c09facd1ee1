import { describe, expect, it } from "vitest";
import type { ServiceFacts } from "../../../../src/service/facts.js";
import { performSteps } from "../../../../src/service/flows/perform.js";
import { launchdService } from "../../../../src/service/launchd/launchd-service.js";
import type { ManagerReport, Service, Step } from "../../../../src/service/service.js";
import { FakeLaunchd } from "../../../support/fake-launchctl.js";
import { macFacts } from "../../../support/service-facts.js";
import { stepHands } from "../../../support/step-hands.js";

const label = "dev.clawtunnel.daemon";
const target = `gui/501/${label}`;
const configFile = macFacts().paths.configFile;

function on(launchd: FakeLaunchd) {
  const perform = (steps: readonly Step[]) =>
    performSteps(steps, stepHands(launchd.run, { pace: launchd.pace }), new AbortController().signal);
  const write = ({ files }: Service) => {
    for (const { path, contents } of files) launchd.files.set(path, contents);
  };
  return {
    perform,
    write,
    install: async (facts: ServiceFacts = macFacts()): Promise<Service> => {
      const service = launchdService(facts);
      write(service);
      await perform(service.enrol);
      return service;
    },
    uninstall: async (service: Service): Promise<void> => {
      await perform(service.withdraw);
      for (const { path } of service.files) launchd.files.delete(path);
      await perform(service.forget);
    },
    look: async ({ look }: Service): Promise<ManagerReport> => {
      const results = [];
      for (const ask of look.asks) results.push(await launchd.run(ask));
      return look.read(results);
    },
  };
}

describe("an install", () => {
  it("leaves the daemon running, and it starts with every log-in", async () => {
    const launchd = new FakeLaunchd();
    const { install, look } = on(launchd);
    const service = await install();
    expect(await look(service)).toMatchObject({ state: "running", isEnabled: true });
    launchd.logInAgain("gui/501");
    expect(await look(service)).toMatchObject({ state: "running", isEnabled: true });
  });

  it("replaces one that runs and is slow to end, with the new file and nothing lost on the way", async () => {
    const launchd = new FakeLaunchd();
    launchd.drainMs = 12_000;
    const { install } = on(launchd);
    await install();
    const before = launchd.job(target);
    await install(macFacts({ searchPath: "/new/bin" }));
    expect(launchd.job(target)).toMatchObject({ state: "running", contents: expect.stringContaining("/new/bin") });
    expect(launchd.job(target)?.pid).not.toBe(before?.pid);
  });

  it("goes on when launchd is still ending the job that somebody else let go of", async () => {
    const launchd = new FakeLaunchd();
    const { install } = on(launchd);
    await install();
    launchd.drainMs = 5_000;
    await launchd.run({ argv: ["launchctl", "bootout", target] });
    await install();
    expect(launchd.job(target)).toMatchObject({ state: "running" });
  });

  it("works although the user disabled the label once, even before there was a file", async () => {
    const launchd = new FakeLaunchd();
    launchd.disable(label);
    const { install, look } = on(launchd);
    expect(await look(await install())).toMatchObject({ state: "running", isEnabled: true });
  });

  it("takes the job as it is when somebody else loads it in the same moment", async () => {
    const launchd = new FakeLaunchd();
    const { install, perform, write } = on(launchd);
    const service = await install();
    await perform(service.withdraw);
    write(service);
    launchd.bootstrapByAnother(target, service.files[0]?.path ?? "", 3_000);
    await perform(service.start);
    expect(launchd.job(target)).toMatchObject({ state: "running" });
    expect(launchd.ran.filter((line) => line.startsWith("bootstrap")).length).toBeGreaterThan(2);
  });

  it("takes the place of one in the other session, so that there are never two", async () => {
    const launchd = new FakeLaunchd();
    const { install, look } = on(launchd);
    const headless = macFacts({ wishes: { isHeadless: true } });
    await install();
    await install(headless);
    expect([launchd.job(target), launchd.job(`user/501/${label}`)?.state]).toEqual([undefined, "running"]);
    const service = await install();
    expect([launchd.job(target)?.state, launchd.job(`user/501/${label}`)]).toEqual(["running", undefined]);
    expect(await look(service)).toMatchObject({ state: "running" });
  });

  it("says what to do where nobody is logged in at the screen", async () => {
    const launchd = new FakeLaunchd();
    launchd.domains.delete("gui/501");
    const { install } = on(launchd);
    await expect(install()).rejects.toMatchObject({
      code: "service-manager-failed",
      message: expect.stringContaining("nobody is logged in as this user at this Mac's screen"),
      hint: expect.stringContaining("--headless"),
    });
  });

  it("needs no log-in at the screen when it is headless, and none at all when it is the system's", async () => {
    const launchd = new FakeLaunchd();
    launchd.domains.delete("gui/501");
    const { install, look, uninstall } = on(launchd);
    const headless = await install(macFacts({ wishes: { isHeadless: true } }));
    expect(await look(headless)).toMatchObject({ state: "running", findings: [] });
    await uninstall(headless);
    launchd.domains.delete("user/501");
    expect(await look(await install(macFacts({ wishes: { scope: "system" } })))).toMatchObject({ state: "running" });
  });

  it("fails with launchctl's own words when launchd never takes the job", async () => {
    const launchd = new FakeLaunchd();
    launchd.bootstrapFails = [5, "Bootstrap failed: 5: Input/output error\n"];
    const { install } = on(launchd);
    await expect(install()).rejects.toMatchObject({
      code: "service-manager-failed",
      message: expect.stringContaining("failed: Bootstrap failed: 5: Input/output error (exit code 5)"),
    });
    expect(launchd.nowMs).toBeGreaterThan(10_000);
  });

  it("fails at once when launchd refuses the file for good", async () => {
    const launchd = new FakeLaunchd();
    launchd.bootstrapFails = [109, "Bootstrap failed: 109: Invalid property list\n"];
    const { install } = on(launchd);
    await expect(install()).rejects.toMatchObject({ message: expect.stringContaining("Invalid property list") });
    expect(launchd.ran.filter((line) => line.startsWith("bootstrap"))).toHaveLength(1);
  });
});

describe("a service that is installed", () => {
  it("is another process after a restart, and launchd never lets go of it", async () => {
    const launchd = new FakeLaunchd();
    const { install, perform } = on(launchd);
    const service = await install();
    const before = launchd.job(target)?.pid;
    launchd.ran.length = 0;
    await perform(service.restart);
    expect(launchd.job(target)?.state).toBe("running");
    expect(launchd.job(target)?.pid).not.toBe(before);
    expect(launchd.ran).toEqual([`kickstart -k ${target}`]);
  });

  it("stays stopped over the next log-in, until it is started", async () => {
    const launchd = new FakeLaunchd();
    const { install, perform, look } = on(launchd);
    const service = await install();
    await perform(service.stop);
    launchd.logInAgain("gui/501");
    expect(await look(service)).toMatchObject({ state: "stopped", isEnabled: false });
    await perform(service.start);
    launchd.logInAgain("gui/501");
    expect(await look(service)).toMatchObject({ state: "running", isEnabled: true });
  });

  it("starts as soon as launchd has ended it, when it is still about to", async () => {
    const launchd = new FakeLaunchd();
    const { install, perform } = on(launchd);
    const service = await install();
    launchd.drainMs = 5_000;
    await launchd.run({ argv: ["launchctl", "bootout", target] });
    await perform(service.start);
    expect(launchd.job(target)).toMatchObject({ state: "running" });
  });

  it("may be started and stopped twice", async () => {
    const launchd = new FakeLaunchd();
    const { install, perform } = on(launchd);
    const service = await install();
    const before = launchd.job(target)?.pid;
    await perform(service.start);
    expect(launchd.job(target)).toMatchObject({ state: "running", pid: before });
    await perform(service.stop);
    await perform(service.stop);
    expect(launchd.job(target)).toBeUndefined();
  });

  it("is back after a crash, and not after it ended by itself", async () => {
    const launchd = new FakeLaunchd();
    const { install, look } = on(launchd);
    const service = await install();
    launchd.end(target, "Killed: 9");
    expect(await look(service)).toMatchObject({ state: "waiting", detail: expect.stringContaining("Killed: 9") });
    launchd.pass(service.backWithinMs);
    expect(await look(service)).toMatchObject({ state: "running" });
    launchd.end(target, 0);
    launchd.pass(3_600_000);
    expect(await look(service)).toMatchObject({ state: "stopped", isEnabled: true });
  });

  it("starts again when the config is mended that it had ended because of, unless it was stopped", async () => {
    const launchd = new FakeLaunchd();
    const { install, look, perform } = on(launchd);
    const service = await install();
    launchd.end(target, 0);
    launchd.touch(configFile);
    expect(await look(service)).toMatchObject({ state: "running" });
    await perform(service.stop);
    launchd.touch(configFile);
    expect(await look(service)).toMatchObject({ state: "stopped" });
  });

  it("is taken away without a trace, stopped or not", async () => {
    const launchd = new FakeLaunchd();
    const { install, perform, uninstall, look } = on(launchd);
    const service = await install();
    await perform(service.stop);
    await uninstall(service);
    expect([launchd.files.size, launchd.isDisabled(label)]).toEqual([0, false]);
    expect(await look(service)).toMatchObject({ state: "absent", isEnabled: false });
    await uninstall(await install());
    await uninstall(service);
    expect([launchd.files.size, launchd.job(target)]).toEqual([0, undefined]);
  });

  it("can be taken away over ssh, with nobody at the screen", async () => {
    const launchd = new FakeLaunchd();
    const { install, perform, uninstall } = on(launchd);
    const service = await install();
    await perform(service.stop);
    launchd.domains.delete("gui/501");
    await uninstall(service);
    expect([launchd.files.size, launchd.isDisabled(label)]).toEqual([0, false]);
  });
});
