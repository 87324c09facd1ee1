import { Failure } from "../../base/failure.js";
import type { ServiceFacts } from "../facts.js";
import type { CommandResult, ManagerReport, Service, ServiceFinding, Step } from "../service.js";
import { crontabLine, markOf } from "./crontab-line.js";

/**
 * The daemon started by cron when the machine boots, where there is no systemd. Its definition is a line of the user's crontab and no
 * file. Throws `service-unavailable` without crontab.
 */
export function cronService(facts: ServiceFacts): Service {
  const { crontab, user } = facts;
  if (crontab === null) throw new Failure("service-unavailable", "there is no crontab command on this machine");
  // Bytes that are no text came through as U+FFFD; written back, the user's other lines would be others.
  if (crontab.includes("\ufffd")) {
    throw new Failure("service-unavailable", "the crontab holds characters that are not UTF-8, and would not survive a change", {
      hint: "Mend it with `crontab -e`, then run `clawtunnel install --cron` again.",
    });
  }
  const mark = markOf(facts);
  const others = withoutMarked(crontab, mark);
  const { line, isPathCut } = crontabLine(facts);
  const start: Step = { do: "start-daemon", why: "because cron does so only at boot" };
  const end = (why: string): Step => ({ do: "end-daemon", why });
  return {
    manager: "cron",
    scope: "user",
    name: `@reboot in the crontab of ${user.name}`,
    files: [],
    enrol: [
      { do: "run", argv: ["crontab", "-"], input: `${others}${line}\n`, why: `so that cron runs at boot: ${line}` },
      end("so that the daemon of today is the one that cron would start"),
      start,
    ],
    start: [start],
    stop: [end("so that it stays ended until it is started, or the next boot")],
    restart: [end("so that it starts anew"), start],
    withdraw: [takeOut(others), end("so that nothing is left running")],
    forget: [],
    look: { asks: [{ argv: ["crontab", "-l"] }], read: ([listed]) => readCrontab(listed, { mark, line }) },
    warnings: [
      "cron starts the daemon once, at boot: after a crash nothing starts it again before `clawtunnel up` or the next boot",
      "it needs a cron that runs and knows @reboot; most do, some small ones do not",
      ...(isPathCut ? ["PATH is too long for a crontab: only the system's own folders are searched for ssh and for ProxyCommands"] : []),
    ],
    leaves: [],
    // Never, after a crash. That is the time until it answers when it is started anew.
    backWithinMs: 15_000,
    logHint: `less ${facts.paths.logFile}`,
  };
}

/** What crontab says of a user who has no crontab. */
const hasNone = /no crontab|no such file/i;

/** An empty crontab is taken away whole: before the first install there may have been none. */
function takeOut(others: string): Step {
  const why = "so that cron does not start it any more";
  if (others.trim() !== "") return { do: "run", argv: ["crontab", "-"], input: others, why };
  return { do: "run", argv: ["crontab", "-r"], why, judge: ({ code, stderr }) => (code === 0 || hasNone.test(stderr) ? "done" : "failed") };
}

/** Everything but our line, byte for byte; a last line without an end gets one. */
function withoutMarked(crontab: string, mark: string): string {
  const kept = linesOf(crontab)
    .filter((line) => !isMarked(line, mark))
    .join("");
  return kept === "" || kept.endsWith("\n") ? kept : `${kept}\n`;
}

/** Each with its end. */
function linesOf(crontab: string): string[] {
  return crontab.split(/(?<=\n)/);
}

/** A line that somebody has made a comment of is theirs. */
function isMarked(line: string, mark: string): boolean {
  return line.startsWith("@reboot ") && line.trimEnd().endsWith(mark);
}

/** Another shell has another PATH, and the one of the installation is as good. */
function withoutPath(line: string): string {
  return line.replace(/ 'PATH=(?:[^']|'\\''|'\\%')*'/, "");
}

function readCrontab(listed: CommandResult | undefined, { mark, line }: { readonly mark: string; readonly line: string }): ManagerReport {
  const found = listed?.stdout.split("\n").find((one) => isMarked(one, mark));
  const report = { pid: null, isEnabled: found !== undefined };
  if (listed === undefined || (listed.code !== 0 && !hasNone.test(listed.stderr))) {
    const said = listed?.stderr.trim() || (listed?.problem ?? null);
    return { ...report, state: "unreachable", detail: said, findings: [] };
  }
  if (found === undefined) return { ...report, state: "absent", detail: null, findings: [] };
  const findings: ServiceFinding[] =
    withoutPath(found.trimEnd()) === withoutPath(line)
      ? []
      : [
          {
            code: "crontab-line-differs",
            message: "the line in the crontab is not the one that an install would write today",
            hint: "Write it anew: `clawtunnel install --cron`.",
          },
        ];
  return { ...report, state: "stopped", detail: "cron starts it at boot, and knows nothing of it afterwards", findings };
}
