import type { CommandResult, Look, ManagerReport, ServiceFinding } from "../service.js";
import { hasNoDomain, isMissing } from "./judge.js";
import { isDisabled, type PrintedJob, readPrint } from "./read-print.js";

/** launchd's own exit code for a job whose program, folder or log file it could not use: the daemon has no such code under launchd. */
const couldNotBegin = /^78\b/;

/** Asks for the job in each of `domains`, the one it belongs in first. */
export function lookAtJob(label: string, domains: readonly [string, ...string[]]): Look {
  const asks = [
    ...domains.map((domain) => ({ argv: ["launchctl", "print", `${domain}/${label}`] })),
    { argv: ["launchctl", "print-disabled", domains[0]] },
  ];
  return {
    asks,
    read: (results) => {
      const prints = results.slice(0, domains.length);
      return report(prints, isDisabled(results[domains.length]?.stdout ?? "", label));
    },
  };
}

function report(prints: readonly CommandResult[], isOff: boolean): ManagerReport {
  const loaded = prints.find(({ code }) => code === 0);
  if (loaded !== undefined) return reportJob(readPrint(loaded.stdout), isOff);
  const [own] = prints;
  if (own === undefined || !(isMissing(own) || hasNoDomain(own))) {
    return { state: "unreachable", pid: null, isEnabled: false, detail: own?.problem ?? wordsOf(own), findings: [] };
  }
  const findings = hasNoDomain(own) ? [noSession] : [];
  return { state: isOff ? "stopped" : "absent", pid: null, isEnabled: false, detail: isOff ? "disabled" : wordsOf(own), findings };
}

function reportJob(job: PrintedJob, isOff: boolean): ManagerReport {
  const { state, pid, lastExit } = job;
  const detail = [state && `state = ${state}`, lastExit && `last exit = ${lastExit}`, isOff && "disabled"].filter(Boolean).join(", ");
  const findings = pid === null && couldNotBegin.test(lastExit ?? "") ? [notStartable] : [];
  return { state: stateOf(job), pid, isEnabled: !isOff, detail: detail || null, findings };
}

function stateOf({ state, pid, lastExit }: PrintedJob): ManagerReport["state"] {
  switch (state) {
    case "running":
      return "running";
    case "spawn scheduled":
      return "waiting";
    case "xpcproxy":
    case "spawning":
    case "starting":
      return "starting";
    case "SIGTERMed":
    case "SIGKILLed":
      return "stopped";
    default:
      if (pid !== null) return "running";
      return lastExit === null || lastExit === "0" || lastExit === "(never exited)" ? "stopped" : "failed";
  }
}

function wordsOf(result: CommandResult | undefined): string | null {
  return result?.stderr.trim().split("\n")[0] || null;
}

const noSession: ServiceFinding = {
  code: "no-login-session",
  message: "Nobody is logged in at this Mac's screen, and launchd runs the service only in such a session.",
  hint: "Log in there; or install it with --headless, which a log-in over ssh is enough for, or with `sudo clawtunnel install --system`.",
};

const notStartable: ServiceFinding = {
  code: "not-startable",
  message:
    "launchd could not start the program at all: node or clawtunnel is not where the service expects it, or its log cannot be written.",
  hint: "`clawtunnel install` writes the paths as they are now.",
};
