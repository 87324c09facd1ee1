import type { InferredOptionTypes, Options, PositionalOptions } from "yargs";
import type { DaemonClient } from "../api/client.js";
import type { Paths } from "../config/paths.js";
import type { ExitCode } from "./exit-code.js";
import type { Output } from "./output.js";

/** What a command may use. Nothing else of the process is touched by a command. */
export interface CliContext {
  readonly output: Output;
  readonly paths: Paths;
  readonly daemon: DaemonClient;
  /** Aborts on ctrl-C, for commands that go on until they are stopped. */
  readonly signal: AbortSignal;
}

type Keyed<T> = Readonly<Record<string, T>>;

/** A command is data and a short handler, so that it can be listed, tested and documented. */
export interface Command<P extends Keyed<PositionalOptions> = Keyed<PositionalOptions>, O extends Keyed<Options> = Keyed<Options>> {
  /** As yargs reads it: `up [target..]`. */
  readonly name: string;
  readonly summary: string;
  readonly examples: readonly string[];
  readonly positionals: P;
  readonly options: O;
  readonly run: (context: CliContext, args: InferredOptionTypes<P> & InferredOptionTypes<O>) => Promise<ExitCode>;
}

export function defineCommand<const P extends Keyed<PositionalOptions>, const O extends Keyed<Options>>(
  command: Command<P, O>,
): Command<P, O> {
  return command;
}
