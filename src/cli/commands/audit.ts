import type { AuditReport } from "../../openclaw/audit/report.js";
import { defineCommand } from "../define-command.js";
import { type ExitCode, exitCode } from "../exit-code.js";
import { renderAudit } from "../render-audit.js";

export const audit = defineCommand({
  name: "audit [name]",
  summary: "Find out whether what a tunnel leads to is exposed to others",
  examples: ["clawtunnel audit", "clawtunnel audit openclaw --json"],
  positionals: { name: { type: "string", describe: "The tunnel; every one that leads to an OpenClaw gateway without it" } },
  options: { json: { type: "boolean", default: false, describe: "Print the control API's own reply, an array" } },
  run: async ({ daemon, output }, { name, json }) => {
    const reports = await daemon.audit(name);
    if (json) output.answer(JSON.stringify(reports));
    else if (reports.length === 0) output.talk("no tunnel leads to an OpenClaw gateway; name the tunnel to look at");
    else output.answer(reports.map((report) => renderAudit(report, output.style).join("\n")).join("\n\n"));
    return exitCodeOfAudits(reports);
  },
});

/** 1 where something ought to be mended, else 5 where it could not be looked. */
export function exitCodeOfAudits(reports: readonly AuditReport[]): ExitCode {
  if (reports.some(({ verdict }) => verdict === "exposed" || verdict === "findings")) return exitCode.failed;
  return reports.some(({ verdict }) => verdict === "unknown") ? exitCode.needsPerson : exitCode.done;
}
