import yargs from "yargs";
import { Failure } from "../base/failure.js";
import { ownVersion } from "../base/own-package.js";
import type { CliContext, Command } from "./define-command.js";
import type { ExitCode } from "./exit-code.js";
import { loadCommands, registry } from "./registry.js";
import { suggest } from "./suggest.js";

/** What a command line asks for: a command to run, or a text that answers it already (help, version, completions). */
export type Invocation = { readonly run: (context: CliContext) => Promise<ExitCode> } | { readonly text: string };

/** Throws `usage` for a command line that yargs does not take, with what was probably meant. */
export async function parseCommandLine(words: readonly string[]): Promise<Invocation> {
  const commands = await loadCommands(words[0]);
  let run: ((context: CliContext) => Promise<ExitCode>) | undefined;
  let parser = yargs()
    .scriptName("clawtunnel")
    .usage("$0 <command>\n\nKeeps SSH tunnels open, and says the truth about them.")
    .version(ownVersion())
    .parserConfiguration({ "camel-case-expansion": false, "parse-positional-numbers": false })
    .strict()
    .demandCommand(1, "Say what to do.")
    .alias("h", "help")
    .exitProcess(false)
    .fail(false)
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .epilogue("Exit codes: 0 done, 1 failed, 2 misused, 3 the daemon is not running,\n4 not verified and healing, 5 needs a person.")
    .completion("get-yargs-completions", false);
  for (const command of commands) {
    parser = parser.command(
      command.name,
      command.summary,
      (sub) => {
        for (const [name, options] of Object.entries(command.positionals)) sub.positional(name, options);
        return sub.options(command.options).example(command.examples.map((example): [string] => [example]));
      },
      (args) => {
        refuseTwice(command, args);
        refuseNoNumber(command, args);
        const whole = withWordsAfterDashes(command, args);
        run = (context) => command.run(context, whole);
      },
    );
  }
  let text = "";
  try {
    await parser.parseAsync([...words], {}, (error: Error | undefined, _args: unknown, output: string) => {
      if (error) throw error;
      text = output;
    });
  } catch (error) {
    throw error instanceof Failure ? error : explain(error, words, commands);
  }
  if (run !== undefined) return { run };
  return { text };
}

/** An option as it is typed: `-L`, `--name`. */
function dashed(option: string): string {
  return `${option.length === 1 ? "-" : "--"}${option}`;
}

/** yargs makes a list of what is given twice, also where a command expects one. */
function refuseTwice(command: Command, args: Readonly<Record<string, unknown>>): void {
  const twice = Object.entries(command.options).find(([name, option]) => option.array !== true && Array.isArray(args[name]));
  if (twice !== undefined) throw new Failure("usage", `${dashed(twice[0])} is given more than once`);
}

/** yargs makes NaN of what is not a number. */
function refuseNoNumber(command: Command, args: Readonly<Record<string, unknown>>): void {
  const wrong = Object.keys(command.options).find((name) => Number.isNaN(args[name]));
  if (wrong !== undefined) throw new Failure("usage", `${dashed(wrong)} must be a number`);
}

/** yargs leaves the words behind `--` aside; they are arguments that may begin with a dash, as everywhere. */
function withWordsAfterDashes<A extends { readonly _: readonly (string | number)[] }>(command: Command, args: A): A {
  const words = args._.slice(1).map(String);
  if (words.length === 0) return args;
  const list = Object.entries(command.positionals).find(([, positional]) => positional.array === true)?.[0];
  if (list === undefined) throw new Failure("usage", `too many arguments: ${words.join(" ")}`);
  const before = (args as Readonly<Record<string, unknown>>)[list];
  return { ...args, [list]: [...(Array.isArray(before) ? before : []), ...words] };
}

/** Options of ssh(1) that people bring along from `ssh -N -L`. */
const sshOnly = new Set([..."46AaBbCcEefGgIKkMmNnOPQqSsTtVvWwXxYy"]);

/** yargs' complaint, with the word that was probably meant: a command's name, or one of its options. */
function explain(error: unknown, words: readonly string[], commands: readonly Command[]): Failure {
  const message = (error instanceof Error ? error.message : String(error)).replaceAll("\n", " ");
  const command = words[0] ?? "";
  if (!command.startsWith("-") && command !== "" && !Object.hasOwn(registry, command)) {
    const meant = suggest(command, Object.keys(registry));
    return new Failure(
      "usage",
      `there is no command "${command}"`,
      meant === undefined ? {} : { hint: `Did you mean \`clawtunnel ${meant}\`?` },
    );
  }
  const unknown = /^Unknown arguments?: ([^,\s]+)/.exec(message)?.[1];
  if (unknown !== undefined && sshOnly.has(unknown) && command === "up") {
    return new Failure("usage", `-${unknown} of ssh is not supported`, {
      hint: "Supported are -L -R -D -p -l -i -o -J -F; leave it out: the daemon holds the tunnel, in the background, and runs no command.",
    });
  }
  if (unknown?.length === 1 && command === "import") {
    return new Failure("usage", `-${unknown} is no option of import`, {
      hint: "A command stands behind --: `clawtunnel import -- ssh -N …`.",
    });
  }
  const own = commands.length === 1 ? Object.entries(commands[0]?.options ?? {}) : [];
  const options = own.flatMap(([name, { alias = [] }]) => [name, alias].flat()).concat("help", "version");
  const meant = unknown === undefined ? undefined : suggest(unknown, options);
  const hint =
    meant === undefined
      ? `See \`clawtunnel ${Object.hasOwn(registry, command) ? `${command} ` : ""}--help\`.`
      : `Did you mean ${dashed(meant)}?`;
  return new Failure("usage", message.charAt(0).toLowerCase() + message.slice(1), { hint });
}
