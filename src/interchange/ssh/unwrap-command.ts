import { type SshProgram, sshProgram } from "../../ssh/command-line.js";
import { type LeftOut, lost, needless } from "../reading.js";
import { autosshReason } from "./reasons.js";
import { readShellCommand, type Variables } from "./shell-words.js";

/** An ssh or autossh that was found behind what starts it. */
export interface SshInvocation {
  readonly program: SshProgram;
  readonly words: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/** What only starts another program, and makes no difference to a tunnel. */
const starters = new Set(["command", "exec", "nohup", "setsid"]);
const shells = new Set(["ash", "bash", "dash", "ksh", "sh", "zsh"]);
const nestedMax = 5;

/** The ssh or autossh that a command starts, behind assignments, `exec`, `nohup`, `env` or `sh -c`; a text says why there is none. */
export function unwrapCommand(argv: readonly string[], variables: Variables, depth = 0): SshInvocation | string {
  const leftOut: LeftOut[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const name =
      word
        .split(/[/\\]/)
        .at(-1)
        ?.replace(/\.exe$/i, "") ?? "";
    const program = sshProgram(name);
    if (program !== undefined) return { program, words: rest, leftOut };
    if (/^[A-Za-z_]\w*=/.test(word)) leftOut.push(describeAssignment(word));
    else if (shells.has(name)) return withLeftOut(readShell(rest, variables, depth), leftOut);
    else if (!starters.has(name) && name !== "env") return `"${name}" is neither ssh nor autossh`;
  }
  return "it starts neither ssh nor autossh";
}

/** An environment variable of the command, with its reason to be left out. */
export function describeAssignment(assignment: string): LeftOut {
  const name = assignment.slice(0, assignment.indexOf("="));
  if (name.startsWith("AUTOSSH_")) return needless(assignment, autosshReason);
  if (name === "SSH_AUTH_SOCK")
    return lost(assignment, "the agent is found anew at each log-in; name this one with -o IdentityAgent if it is not found");
  // It may hold a secret.
  return lost(name, "environment variables are not taken over");
}

function readShell(words: readonly string[], variables: Variables, depth: number): SshInvocation | string {
  const at = words.findIndex((word) => /^-[a-z]*c$/.test(word));
  const script = words[at + 1];
  if (at < 0 || script === undefined) return "a shell script cannot be read; give the ssh command in it";
  if (depth >= nestedMax) return "it is a shell in a shell, too often";
  const command = readShellCommand(script, variables);
  return typeof command === "string" ? command : withLeftOut(unwrapCommand(command.words, variables, depth + 1), command.leftOut);
}

function withLeftOut(found: SshInvocation | string, leftOut: readonly LeftOut[]): SshInvocation | string {
  return typeof found === "string" ? found : { ...found, leftOut: [...leftOut, ...found.leftOut] };
}
