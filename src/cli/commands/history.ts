import type { HistoryReport } from "../../api/history.js";
import { Failure } from "../../base/failure.js";
import type { Paths } from "../../config/paths.js";
import { type CliContext, defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";
import { renderHistory } from "../render-history.js";

export const history = defineCommand({
  name: "history [name]",
  summary: "Show uptimes, and the last outages",
  examples: ["clawtunnel history", "clawtunnel history db -n 50"],
  positionals: { name: { type: "string", describe: "Only this tunnel, also when it is no more" } },
  options: {
    n: { alias: "outages", type: "number", default: 10, requiresArg: true, describe: "How many outages of each tunnel" },
    json: { type: "boolean", default: false, describe: "Print the control API's own reply" },
  },
  run: async (context, { name, n, json }) => {
    if (!Number.isInteger(n) || n < 0) throw new Failure("usage", "-n must be a number of outages");
    const report = await readReport(context, name, n);
    const { output } = context;
    output.answer(json ? JSON.stringify(report) : renderHistory(report, Date.now(), output.style));
    return exitCode.done;
  },
});

/** From the daemon; from the files themselves when the daemon is not running, for it may have died. */
async function readReport({ daemon, paths }: CliContext, tunnel: string | undefined, outages: number): Promise<HistoryReport> {
  try {
    return await daemon.history({ outages, ...(tunnel !== undefined && { tunnel }) });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "daemon-not-running") throw error;
    const { readAliveMs, readHistory } = await import("../../daemon/history/reader.js");
    const { reportHistory } = await import("../../daemon/history/report.js");
    const existing = await readNames(paths);
    const diedAtMs = readAliveMs(paths.historyFile);
    return reportHistory(readHistory(paths.historyFile), { tunnel, existing, outagesMax: outages, nowMs: Date.now(), diedAtMs });
  }
}

/** A config that is not right names no tunnel, and is no reason to be silent about the past. */
async function readNames({ configFile }: Paths): Promise<string[]> {
  const { loadConfig } = await import("../../config/store.js");
  try {
    return [...loadConfig(configFile).tunnels.keys()];
  } catch {
    return [];
  }
}
