import type { FoundTunnel } from "../../interchange/reading.js";
import { readCommandWords } from "../../interchange/ssh/read-command-text.js";
import { readShellCommand, type Variables } from "../../interchange/ssh/shell-words.js";
import { sshProgram } from "../../ssh/command-line.js";
import { heldOpen } from "./held-open.js";
import type { OlderWaysLooks } from "./looks.js";
import type { FoundWays, OlderWay } from "./older-way.js";

const linesMax = 2_000;
const nestedMax = 3;

/** Programs that start another one, with words of their own before it. */
const wrappers = new Set([
  "chronic",
  "daemonize",
  "flock",
  "ionice",
  "nice",
  "screen",
  "setlock",
  "solo",
  "start-stop-daemon",
  "timeout",
  "tmux",
]);

/** The lines of the user's crontab that hold forwards open: at each boot, or by looking every now and then whether it still runs. */
export async function findOlderCronLines(looks: OlderWaysLooks): Promise<FoundWays> {
  const ways: OlderWay[] = [];
  for (const { line, tunnels } of findSshLines(looks.crontab ?? "", looks)) {
    const held = await heldOpen({ tunnels, leftOut: [] }, looks);
    if (held.tunnels.length > 0)
      ways.push({
        manager: "cron",
        name: `line ${line}`,
        path: null,
        line,
        isLinked: false,
        ...held,
        isEnabled: true,
        isActive: null,
        domain: null,
      });
  }
  return { ways, skipped: [] };
}

/** Every ssh or autossh in a crontab. Pure. */
export function findSshLines(
  text: string,
  { home, user }: { readonly home: string; readonly user: string },
): { line: number; tunnels: FoundTunnel[] }[] {
  let variables: Variables = { HOME: home, LOGNAME: user, USER: user };
  const found: { line: number; tunnels: FoundTunnel[] }[] = [];
  for (const [index, line] of text.split("\n").slice(0, linesMax).entries()) {
    const [, name, value = ""] = /^\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) variables = { ...variables, [name]: value.replace(/^(["'])(.*)\1$/, "$2") };
    else if (!/^\s*#/.test(line)) {
      const command = /^\s*(?:@\w+|(?:[\d*][^\s=]*\s+){2}(?:\S+\s+){2}\S+)\s+(.*)$/.exec(line)?.[1];
      const tunnels = command?.includes("ssh") ? readScript(beforeInput(command), `line ${index + 1}`, { folder: home, variables }) : [];
      if (tunnels.length > 0) found.push({ line: index + 1, tunnels });
    }
  }
  return found;
}

/** crontab(5): what is behind the first percent sign is given to the command to read. */
function beforeInput(command: string): string {
  return (/^(?:\\.|[^%\\])*/.exec(command)?.[0] ?? "").replaceAll("\\%", "%");
}

function readScript(
  script: string,
  source: string,
  context: { readonly folder: string; readonly variables: Variables },
  depth = 0,
): FoundTunnel[] {
  return splitCommands(script).flatMap((text) => {
    const command = readShellCommand(text.replace(/^(?:(?:if|then|else|elif|do|while|until|!|\{|time)\s+)+/, ""), context.variables);
    if (typeof command === "string") return [];
    const { words } = command;
    const found = readCommandWords(words, source, context);
    if (typeof found !== "string") return [found];
    const program = baseName(words[0]);
    const inner = /^(?:ba|da|k|z|a)?sh$/.test(program) ? words[words.findIndex((word) => /^-[a-z]*c$/.test(word)) + 1] : undefined;
    if (inner !== undefined && inner !== words[0] && depth < nestedMax) return readScript(inner, source, context, depth + 1);
    const at = wrappers.has(program) ? words.findIndex((word) => sshProgram(word) !== undefined) : -1;
    const wrapped = at < 0 ? "" : readCommandWords(words.slice(at), source, context);
    return typeof wrapped === "string" ? [] : [wrapped];
  });
}

function baseName(word: string | undefined): string {
  return word?.split("/").at(-1) ?? "";
}

/** At what parts one command of a shell from the next, but not within quotes. */
function splitCommands(script: string): string[] {
  const parts = script.match(/\\.|\$\([^)]*\)|`[^`]*`|'[^']*'|"(?:\\.|[^"\\])*"|\d*[<>]+&?|&>+|&&|\|\||[;&|()\n]|./gs) ?? [];
  const commands = [""];
  for (const part of parts) {
    if (/^(?:&&|\|\||[;&|()\n])$/.test(part)) commands.push("");
    else commands[commands.length - 1] += part;
  }
  return commands.map((command) => command.trim()).filter((command) => command !== "");
}
