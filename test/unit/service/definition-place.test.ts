import { describe, expect, it } from "vitest";
import { resolvePaths } from "../../../src/config/paths.js";
import { definitionPaths, instanceOf } from "../../../src/service/definition-place.js";
import { launchdService } from "../../../src/service/launchd/launchd-service.js";
import { systemdService } from "../../../src/service/systemd/systemd-service.js";
import { taskSchedulerService } from "../../../src/service/task-scheduler/task-scheduler-service.js";
import { linuxFacts, macFacts, windowsFacts } from "../../support/service-facts.js";

const machines = {
  linux: { factsOf: linuxFacts, serviceOf: systemdService, home: "/home/me", scopes: ["user", "system"] },
  darwin: { factsOf: macFacts, serviceOf: launchdService, home: "/Users/me", scopes: ["user", "system"] },
  win32: { factsOf: windowsFacts, serviceOf: taskSchedulerService, home: "C:\\Users\\me", scopes: ["user"] },
} as const;

describe("the instance", () => {
  it("is none without a CLAWTUNNEL_HOME", () => {
    expect([instanceOf({}), instanceOf({ CLAWTUNNEL_HOME: "" })]).toEqual([null, null]);
  });

  it("is eight hex digits, the same for one folder however it is written", () => {
    const instance = instanceOf({ CLAWTUNNEL_HOME: "/srv/claw" });
    expect(instance).toMatch(/^[0-9a-f]{8}$/);
    expect(instanceOf({ CLAWTUNNEL_HOME: "/srv/other/../claw/" })).toBe(instance);
    expect(instanceOf({ CLAWTUNNEL_HOME: "/srv/claw2" })).not.toBe(instance);
  });
});

describe("a definition", () => {
  const where = { instance: null, home: "/home/me", stateDir: "/home/me/.local/state/clawtunnel" };

  it("stands where each manager looks for it", () => {
    expect(definitionPaths({ ...where, platform: "linux" })).toEqual([
      "/home/me/.config/systemd/user/clawtunnel.service",
      "/etc/systemd/system/clawtunnel.service",
    ]);
    expect(definitionPaths({ ...where, platform: "darwin" })).toEqual([
      "/home/me/Library/LaunchAgents/dev.clawtunnel.daemon.plist",
      "/Library/LaunchDaemons/dev.clawtunnel.daemon.plist",
    ]);
    expect(definitionPaths({ ...where, platform: "win32", stateDir: "C:\\me\\clawtunnel" })).toEqual([
      "C:\\me\\clawtunnel\\clawtunnel-task.xml",
    ]);
    expect(definitionPaths({ ...where, platform: "freebsd" })).toEqual([]);
  });

  it("has the instance in its name", () => {
    const [unit, list] = (["linux", "darwin"] as const).map((platform) => definitionPaths({ ...where, instance: "1a2b3c4d", platform })[0]);
    expect(unit).toContain("/clawtunnel-1a2b3c4d.service");
    expect(list).toContain("/dev.clawtunnel.daemon.1a2b3c4d.plist");
  });

  it.each(
    (["linux", "darwin", "win32"] as const).flatMap((platform) => [
      { platform, env: {} },
      { platform, env: { CLAWTUNNEL_HOME: "/srv/claw" } },
    ]),
  )("stands on $platform where its manager's service writes it, with $env", ({ platform, env }) => {
    const { factsOf, serviceOf, home, scopes } = machines[platform];
    const paths = resolvePaths({ platform, env, home, user: "me" });
    const instance = instanceOf(env);
    const written = scopes.map((scope) => serviceOf(factsOf({ env, instance, paths, user: { home }, wishes: { scope } })).files[0]?.path);
    expect(definitionPaths({ platform, instance, home, stateDir: paths.stateDir })).toEqual(written);
  });
});
