import type { StatusReport } from "../../api/contract.js";
import { sleep } from "../../base/abort.js";
import { type CliContext, defineCommand } from "../define-command.js";
import { exitCodeOfTunnels } from "../exit-code.js";
import { refuseUnknown } from "../follow.js";
import { renderStatus } from "../render-status.js";
import { tellOlder } from "../tell-older.js";

const refreshMs = 1_000;

export const status = defineCommand({
  name: "status [name..]",
  summary: "Show each tunnel, its address, and why",
  examples: ["clawtunnel status", "clawtunnel status db --json", "clawtunnel status --watch"],
  positionals: { name: { type: "string", array: true, describe: "Only these tunnels" } },
  options: {
    json: { type: "boolean", default: false, describe: "Print the control API's own reply" },
    watch: { type: "boolean", default: false, describe: "Show it again every second, until ctrl-C" },
  },
  run: async (context, args) => {
    const names = args.name ?? [];
    const show = (report: StatusReport) => {
      const { output } = context;
      const text = args.json ? JSON.stringify(report) : renderStatus(report, Date.now(), output.style);
      output.answer(args.watch && output.isTerminal && !args.json ? `\u001b[2J\u001b[H${text}` : text);
    };
    let report = await readStatus(context, names);
    tellOlder(report.daemon, context.output);
    show(report);
    while (args.watch && (await sleep(refreshMs, context.signal))) {
      report = await readStatus(context, names);
      show(report);
    }
    return exitCodeOfTunnels(report.tunnels, names.length > 0);
  },
});

async function readStatus({ daemon }: CliContext, names: readonly string[]): Promise<StatusReport> {
  const report = await daemon.status();
  if (names.length === 0) return report;
  refuseUnknown(names, report.tunnels);
  return { ...report, tunnels: report.tunnels.filter(({ name }) => names.includes(name)) };
}
