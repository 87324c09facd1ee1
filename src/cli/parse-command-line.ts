import yargs from "yargs";
import { Failure } from "../base/failure.js";
import { ownVersion } from "../base/version.js";
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
    .parserConfiguration({ "duplicate-arguments-array": false, "camel-case-expansion": false })
    .strict()
    .demandCommand(1, "Say what to do.")
    .exitProcess(false)
    .fail(false)
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .epilogue("Exit codes: 0 done, 1 failed, 2 misused, 3 the daemon is not running, 4 not verified and healing, 5 needs a person.")
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
        run = (context) => command.run(context, args);
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
    throw explain(error, words, commands);
  }
  if (run !== undefined) return { run };
  return { text };
}

/** yargs' complaint, with the word that was probably meant: a command's name, or one of its options. */
function explain(error: unknown, words: readonly string[], commands: readonly Command[]): Failure {
  const message = (error instanceof Error ? error.message : String(error)).replaceAll("\n", " ");
  const command = words[0] ?? "";
  if (!command.startsWith("-") && command !== "" && !(command in registry)) {
    const meant = suggest(command, Object.keys(registry));
    return new Failure(
      "usage",
      `there is no command "${command}"`,
      meant === undefined ? {} : { hint: `Did you mean \`clawtunnel ${meant}\`?` },
    );
  }
  const unknown = /^Unknown arguments?: ([^,\s]+)/.exec(message)?.[1];
  const options = commands.length === 1 ? Object.keys(commands[0]?.options ?? {}).concat("help", "version") : [];
  const meant = unknown === undefined ? undefined : suggest(unknown, options);
  const hint =
    meant === undefined
      ? `See \`clawtunnel ${command in registry ? `${command} ` : ""}--help\`.`
      : `Did you mean ${meant.length === 1 ? "-" : "--"}${meant}?`;
  return new Failure("usage", message.charAt(0).toLowerCase() + message.slice(1), { hint });
}
