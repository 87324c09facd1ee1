import { Failure } from "../base/failure.js";
import { cronService } from "./cron/cron-service.js";
import type { ServiceFacts, ServiceWishes } from "./facts.js";
import { launchdService } from "./launchd/launchd-service.js";
import type { Service } from "./service.js";
import { systemdService } from "./systemd/systemd-service.js";
import { taskSchedulerService } from "./task-scheduler/task-scheduler-service.js";

export const usualWishes: ServiceWishes = { scope: "user", isHardened: true, isHeadless: false, usesCron: false };

/** The manager that fits this machine. Pure. Throws `service-unavailable` where there is none, with what there is instead. */
export function chooseService(facts: ServiceFacts): Service {
  const { platform, systemd, crontab, wishes } = facts;
  switch (platform) {
    case "darwin":
      return launchdService(facts);
    case "win32":
      return taskSchedulerService(facts);
    case "linux":
      if (wishes.usesCron) return cronService(facts);
      if (systemd !== null) return systemdService(facts);
      throw new Failure("service-unavailable", "there is no systemd here: something else is the first process of this machine", {
        hint:
          crontab === null
            ? "Let what starts programs here start `clawtunnel daemon` at boot."
            : "Let cron start it at boot: `clawtunnel install --cron`.",
      });
    default:
      throw new Failure("service-unavailable", `there is no service manager on ${platform} that clawtunnel knows`);
  }
}

/** Every way in which a service may have been installed in this scope, the usual one first. */
export function possibleWishes({ platform, systemd, crontab }: ServiceFacts, scope: ServiceWishes["scope"]): ServiceWishes[] {
  const usual = { ...usualWishes, scope };
  if (platform === "darwin") return [usual, { ...usual, isHeadless: true }];
  if (platform !== "linux") return scope === "user" ? [usual] : [];
  return [
    ...(systemd === null ? [] : [usual, { ...usual, isHardened: false }]),
    ...(crontab === null || scope === "system" ? [] : [{ ...usual, usesCron: true }]),
  ];
}
