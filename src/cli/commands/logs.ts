import { Failure } from "../../base/failure.js";
import { type CliContext, defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";
import { renderLogLine } from "../render-log.js";

export const logs = defineCommand({
  name: "logs [name]",
  summary: "Show the daemon's log",
  examples: ["clawtunnel logs -n 20", "clawtunnel logs db -f"],
  positionals: { name: { type: "string", describe: "Only lines of this tunnel" } },
  options: {
    f: { alias: "follow", type: "boolean", default: false, describe: "Go on with new lines until ctrl-C" },
    n: { alias: "lines", type: "number", default: 50, requiresArg: true, describe: "How many lines to begin with" },
    json: { type: "boolean", default: false, describe: "Print the lines as they are in the file" },
  },
  run: async (context, args) => {
    const { output } = context;
    for await (const line of readLog(context, args)) output.answer(args.json ? line : renderLogLine(line, output.style));
    return exitCode.done;
  },
});

/** From the daemon; from the file itself when the daemon is not running, for that is when the log is wanted most. */
async function* readLog({ daemon, paths, signal }: CliContext, { name, n, f }: { name: string | undefined; n: number; f: boolean }) {
  try {
    yield* daemon.logs({ lines: n, follow: f, ...(name !== undefined && { tunnel: name }) }, signal);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "daemon-not-running" || f) throw error;
    const { isLineOf, readLastLines } = await import("../../daemon/log/log-reader.js");
    yield* await readLastLines(paths.logFile, n, isLineOf(name));
  }
}
