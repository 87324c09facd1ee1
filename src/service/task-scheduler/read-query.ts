import type { CommandResult, ManagerReport, ServiceFinding } from "../service.js";

/** What `schtasks /Query /V /FO CSV` has as the last result while the task runs (SCHED_S_TASK_RUNNING). */
const runningResult = 0x41301;

const endedOnBrokenConfig = 78;

/** Results that are no exit code of the launcher's, of <winerror.h>. */
const resultWords: Readonly<Record<number, string>> = {
  [runningResult]: "running",
  267008: "ready",
  267010: "disabled",
  267011: "it has not run yet",
  267014: "it was ended from outside",
};

/**
 * The last result in the answer of `schtasks /Query /V /FO CSV /NH`: the seventh column. All text there is in the system's language,
 * so columns are told by their place and only numbers are read. There is a row for each trigger, alike up to here. The columns after it
 * cannot be taken apart: schtasks leaves the quotes of a command line as they are (creativeprojects/resticprofile#545).
 */
export function readLastResult(stdout: string): number | null {
  const text = /^\s*(?:"[^"]*",){6}"(-?\d+)"/m.exec(stdout)?.[1];
  return text === undefined ? null : Number(text) >>> 0;
}

export function isRunning(stdout: string): boolean {
  return readLastResult(stdout) === runningResult;
}

/** The task as Task Scheduler has it, of its answers to a query with /V and one with /XML. */
export function readQuery([query, definition]: readonly CommandResult[], launchArguments: string): ManagerReport {
  const report = { pid: null, isEnabled: false, detail: null, findings: [] } as const;
  if (query === undefined || query.code === null) return { ...report, state: "unreachable", detail: query?.problem ?? null };
  if (query.code !== 0) return { ...report, state: "absent" };
  const result = readLastResult(query.stdout);
  const xml = plainXml(definition);
  const { isEnabled, findings } = xml === null ? { isEnabled: true, findings: [] } : readDefinition(xml, launchArguments);
  return { pid: null, state: stateOf(result, isEnabled), isEnabled, detail: detailOf(result), findings };
}

function stateOf(result: number | null, isEnabled: boolean): ManagerReport["state"] {
  if (result === runningResult) return "running";
  if (!isEnabled) return "stopped";
  // Of 0x80000000 and above: Task Scheduler could not start the launcher at all.
  if (result === endedOnBrokenConfig || (result ?? 0) >= 0x80000000) return "failed";
  return "waiting";
}

function detailOf(result: number | null): string | null {
  if (result === null) return null;
  const words = resultWords[result] ?? (result === endedOnBrokenConfig ? "the config is broken; it is tried again every 5 minutes" : null);
  const number = result > 0xff ? `0x${result.toString(16)}` : String(result);
  return `Last Result ${number}${words === null ? "" : ` (${words})`}`;
}

/** Written to a pipe it is in a code page of the console's, whatever its first line says: only what is ASCII can be relied on. */
function plainXml(definition: CommandResult | undefined): string | null {
  const text = definition?.code === 0 ? definition.stdout.replaceAll("\0", "") : "";
  return text.includes("<Task ") ? text.replace(/<!--[\s\S]*?-->/g, "") : null;
}

/** Settings that end or starve a service, with what Task Scheduler takes where nothing is said. */
const settings = [
  { name: "DisallowStartIfOnBatteries", wanted: "false", otherwise: "true" },
  { name: "StopIfGoingOnBatteries", wanted: "false", otherwise: "true" },
  { name: "ExecutionTimeLimit", wanted: "PT0S", otherwise: "PT72H" },
  { name: "MultipleInstancesPolicy", wanted: "IgnoreNew", otherwise: "IgnoreNew" },
] as const;

function readDefinition(xml: string, launchArguments: string): { isEnabled: boolean; findings: ServiceFinding[] } {
  const own = part(xml, "Settings") ?? "";
  const [logon, time] = [part(xml, "LogonTrigger"), part(xml, "TimeTrigger")];
  const isLive = (trigger: string | null) => trigger !== null && part(trigger, "Enabled") !== "false";
  const changes = settings.flatMap(({ name, wanted, otherwise }) => {
    const value = part(own, name) ?? otherwise;
    return value === wanted ? [] : [`${name} is ${value} instead of ${wanted}`];
  });
  if (!isLive(logon)) changes.push("nothing starts it at your log-on");
  if (!isLive(time)) changes.push("nothing starts it again every 5 minutes");
  const command = fromXml(part(xml, "Arguments") ?? "");
  if (/^[ -~]*$/.test(launchArguments) && command !== launchArguments) changes.push(`it runs wscript.exe with ${command}`);
  const findings = changes.length === 0 ? [] : [changedFinding(changes)];
  return { isEnabled: part(own, "Enabled") !== "false" && isLive(logon), findings };
}

function changedFinding(changes: readonly string[]): ServiceFinding {
  return {
    code: "task-changed",
    message: `the task was changed in Task Scheduler: ${changes.join("; ")}`,
    hint: "Register it anew: `clawtunnel install`.",
  };
}

function part(xml: string, name: string): string | null {
  return new RegExp(`<${name}(?: [^>]*)?>([\\s\\S]*?)</${name}>`).exec(xml)?.[1]?.trim() ?? null;
}

function fromXml(text: string): string {
  const characters: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => characters[name] ?? "");
}
