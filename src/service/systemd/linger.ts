import type { CommandResult, RunStep, ServiceFinding, SystemCommand } from "../service.js";

/** Lingering: systemd runs a user's own manager from boot on and not from the first login to the last logout. loginctl(1). */
export function lingerStep(user: string): RunStep {
  return {
    do: "run",
    // With the name: without, it asks for the caller's session, and a service's or sudo's shell has none.
    argv: ["loginctl", "enable-linger", user],
    why: "so that it starts at boot, before anybody logs in",
    // Who may is polkit's to say, in words of its own; what came of it is looked at afterwards.
    judge: () => "done",
  };
}

/** Two ways to know: logind's word, and the file that is all there is to it, where logind does not know a user who is not logged in. */
export function lingerAsks(user: string): SystemCommand[] {
  return [
    { argv: ["loginctl", "show-user", user, "-p", "Linger", "--value"] },
    { argv: ["test", "-e", `/var/lib/systemd/linger/${user}`] },
  ];
}

export function readLinger(user: string, [word, file]: readonly CommandResult[]): ServiceFinding[] {
  const isOn = word?.code === 0 && word.stdout.trim() !== "" ? word.stdout.trim() === "yes" : file?.code === 0;
  if (isOn) return [];
  return [
    {
      code: "lingering-off",
      message: `lingering is off for ${user}: the service starts when ${user} logs in, not at boot, and ends with the last logout`,
      hint: `Turn it on: \`sudo loginctl enable-linger ${user}\`.`,
    },
  ];
}

export function lingerLeft(user: string): string {
  return `lingering stays as it is for ${user}, because other services may need it; \`loginctl disable-linger ${user}\` turns it off`;
}
