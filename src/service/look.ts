import type { ManagerName } from "../base/manager-name.js";
import type { RunCommand } from "./machine/run-command.js";
import type { DaemonAnswer, ManagerReport, Service } from "./service.js";

/** For people. */
export const managerTitles: Readonly<Record<ManagerName, string>> = {
  systemd: "systemd",
  launchd: "launchd",
  "task-scheduler": "Task Scheduler",
  cron: "cron",
};

/** What the manager says now. */
export async function lookAt({ look }: Service, run: RunCommand): Promise<ManagerReport> {
  return look.read(await Promise.all(look.asks.map((command) => run(command))));
}

/** `failed, Result=exit-code`: for people, behind the manager's title. */
export function describeReport({ state, detail }: ManagerReport): string {
  return detail === null ? state : `${state}, ${detail}`;
}

/** Whether cron alone stands behind it: that starts a daemon at boot, and knows nothing of it afterwards. */
export function isUnwatched({ manager }: Pick<Service, "manager">): boolean {
  return manager === "cron";
}

/** Whether the daemon that answers is the one that the manager runs, and not that of another service of the same manager. Task Scheduler tells no pid. */
export function isRunBy(service: Pick<Service, "manager">, report: ManagerReport, daemon: DaemonAnswer): boolean {
  if (isUnwatched(service)) return true;
  const isTheOne = report.pid === daemon.pid || (report.pid === null && service.manager === "task-scheduler");
  return daemon.service === service.manager && isTheOne;
}
