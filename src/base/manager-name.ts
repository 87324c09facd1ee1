/** Who starts the daemon at a login or a boot, and again after a crash. */
export const managerNames = ["systemd", "launchd", "task-scheduler", "cron"] as const;
export type ManagerName = (typeof managerNames)[number];

export function isManagerName(text: string | undefined): text is ManagerName {
  return managerNames.some((name) => name === text);
}
