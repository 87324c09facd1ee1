import { asFailure, type Failure } from "../base/failure.js";
import { pathsOfThisMachine } from "../config/paths.js";
import { daemonOf } from "./daemon-of.js";
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
    return await invocation.run({ output, paths, daemon: daemonOf(paths), signal });
  } catch (error) {
    const failure = asFailure(error);
    tell(failure, output);
    return exitCodeOfFailure(failure.code);
  }
}

function tell(failure: Failure, output: Output): void {
  output.talk(`clawtunnel: ${failure.message} [${failure.code}]`);
  if (failure.hint !== "") output.talk(`  ${failure.hint}`);
  // A bug is worth its stack; weather is not.
  if (failure.code === "internal" && failure.cause instanceof Error) output.talk(failure.cause.stack ?? "");
}
