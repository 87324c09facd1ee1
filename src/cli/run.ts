import { DaemonClient } from "../api/client.js";
import { asFailure, type Failure } from "../base/failure.js";
import { type Paths, pathsOfThisMachine } from "../config/paths.js";
import { type ExitCode, exitCode, exitCodeOfFailure } from "./exit-code.js";
import type { Output } from "./output.js";
import { parseCommandLine } from "./parse-command-line.js";

/** One command line, from words to exit code. Never throws: whatever goes wrong is told on stderr with its next step. */
export async function runCommandLine(words: readonly string[], output: Output, signal: AbortSignal): Promise<ExitCode> {
  try {
    const invocation = await parseCommandLine(words);
    if ("text" in invocation) {
      if (invocation.text !== "") output.answer(invocation.text);
      return exitCode.done;
    }
    const paths = pathsOfThisMachine();
    return await invocation.run({ output, paths, daemon: clientOf(paths), signal });
  } catch (error) {
    const failure = asFailure(error);
    tell(failure, output);
    return exitCodeOfFailure(failure.code);
  }
}

/** A service may have no XDG_RUNTIME_DIR where this shell has one, or have one where cron has none: the daemon's lock says where it listens. */
function clientOf(paths: Paths): DaemonClient {
  return new DaemonClient(paths.controlEndpoint, {
    otherEndpoint: async () => (await import("../daemon/lock/lock-holder.js")).livingHolder(paths.lockFile)?.endpoint ?? undefined,
  });
}

function tell(failure: Failure, output: Output): void {
  output.talk(`clawtunnel: ${failure.message} [${failure.code}]`);
  if (failure.hint !== "") output.talk(`  ${failure.hint}`);
  // A bug is worth its stack; weather is not.
  if (failure.code === "internal" && failure.cause instanceof Error) output.talk(failure.cause.stack ?? "");
}
