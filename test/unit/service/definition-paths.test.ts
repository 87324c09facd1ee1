import { expect, it } from "vitest";
import { resolvePaths } from "../../../src/config/paths.js";
import { definitionPaths, instanceOf } from "../../../src/service/instance.js";
import { launchdService } from "../../../src/service/launchd/launchd-service.js";
import { systemdService } from "../../../src/service/systemd/systemd-service.js";
import { taskSchedulerService } from "../../../src/service/task-scheduler/task-scheduler-service.js";
import { serviceFacts } from "../fixtures/service-facts.js";

const services = { linux: systemdService, darwin: launchdService, win32: taskSchedulerService } as const;
const homes = { linux: "/home/me", darwin: "/Users/me", win32: "C:\\Users\\me" } as const;

it.each(
  (["linux", "darwin", "win32"] as const).flatMap((platform) => [
    { platform, env: {} },
    { platform, env: { CLAWTUNNEL_HOME: "/srv/claw" } },
  ]),
)("looks for a definition on $platform where its manager's service writes it, with $env", ({ platform, env }) => {
  const home = homes[platform];
  const paths = resolvePaths({ platform, env, home, user: "me" });
  const facts = serviceFacts({ platform, env, instance: instanceOf(env), paths, user: { name: "me", uid: 1000, home, sid: "S-1-5-21-1" } });
  const written = (["user", "system"] as const).flatMap((scope) => {
    if (platform === "win32" && scope === "system") return [];
    return services[platform]({ ...facts, wishes: { ...facts.wishes, scope } }).files[0]?.path ?? [];
  });
  expect(definitionPaths({ platform, env, home, stateDir: paths.stateDir })).toEqual(written);
});
