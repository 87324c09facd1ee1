import { Failure } from "../../base/failure.js";
import { tunnelNamePattern } from "../../config/schema.js";
import { loadConfig, saveTunnel } from "../../config/store.js";
import { type SourceKind, sourceKinds } from "../../interchange/kind.js";
import { type PlannedTunnel, planImport } from "../../interchange/plan.js";
import { askYesNo } from "../ask.js";
import { type CliContext, defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";
import { renderPlan } from "../import/render.js";
import { readSource } from "../import/source.js";

export const importTunnels = defineCommand({
  name: "import [source..]",
  summary: "Take tunnels over from ssh_config, a command, a service, another program",
  examples: [
    "clawtunnel import --host box",
    "clawtunnel import -- autossh -M 0 -f -N -L 8080:localhost:80 me@box",
    "clawtunnel import ~/.config/systemd/user/tunnel.service",
    "clawtunnel import boring --dry-run",
  ],
  positionals: {
    source: { type: "string", array: true, describe: "A file, a service's name, or behind -- a command; none means ~/.ssh/config" },
  },
  options: {
    host: { type: "string", array: true, nargs: 1, requiresArg: true, describe: "A host of ssh_config; may be repeated" },
    F: { type: "string", requiresArg: true, describe: "An ssh_config to read in place of ~/.ssh/config" },
    command: { type: "string", requiresArg: true, describe: "An ssh or autossh command in one text" },
    from: { choices: sourceKinds, describe: "What the source is, where it is not seen by itself" },
    name: { type: "string", requiresArg: true, describe: "The tunnel's name, when there is only one" },
    "allow-lan": { type: "boolean", default: false, describe: "Take over binds that other machines can reach" },
    "dry-run": { type: "boolean", default: false, describe: "Show what would be written, and write nothing" },
    yes: { type: "boolean", default: false, describe: "Write without asking; for scripts" },
    json: { type: "boolean", default: false, describe: "Print what was understood as JSON; written with --yes" },
  },
  run: async (context, args) => {
    const { output, paths } = context;
    if (args.name !== undefined && !tunnelNamePattern.test(args.name))
      throw new Failure("name-invalid", `"${args.name}" cannot be a tunnel's name`);
    const asked = {
      source: args.source ?? [],
      from: args.from as SourceKind | undefined,
      host: args.host ?? [],
      configFile: args.F,
      command: args.command,
    };
    const { kind, title, reading } = await readSource(asked, context.signal);
    const { file } = loadConfig(paths.configFile);
    const planned = planImport(reading.tunnels, file, {
      allowsLan: args["allow-lan"],
      ...(args.name !== undefined && { name: args.name }),
    });
    refuseName(args.name, planned);
    const isWriting = !args["dry-run"] && (args.yes || !args.json) && planned.some(({ state }) => state === "new");
    if (!args.json && planned.length + reading.leftOut.length > 0) output.answer(renderPlan(planned, reading.leftOut, output.style));
    if (planned.length === 0) output.talk(`there is nothing to import in ${title}`);
    const isAgreed = isWriting && (args.yes || (await ask(context, planned)));
    if (isAgreed) await write(context, planned);
    if (args.json)
      output.answer(JSON.stringify({ from: kind, source: title, written: isAgreed, tunnels: planned, leftOut: reading.leftOut }));
    if (isAgreed)
      output.talk(`saved in ${paths.configFile}; a daemon that runs opens them, and \`clawtunnel up\` starts one${endingOf[kind] ?? ""}`);
    else if (!args.json && isWriting) output.talk("nothing was written");
    const isComplete = planned.length > 0 && planned.every(({ state }) => state !== "refused");
    return isComplete && (isAgreed || !isWriting) ? exitCode.done : exitCode.failed;
  },
});

/** What still has the ports. */
const endingOf: Partial<Record<SourceKind, string>> = {
  "ssh-config":
    "\nssh_config's own forwards are opened by clawtunnel from now on; an ssh to that host that opens them too finds the ports busy",
  ssh: "\nif the old command still runs it has the ports: end it",
  systemd: "\nthe unit still has the ports: systemctl --user disable --now UNIT (or as root without --user)",
  launchd: "\nthe job still has the ports: launchctl bootout gui/$UID PLIST",
  boring: "\nif boring still holds them open it has the ports: boring close -a",
  tunlite: "\nif tunlite still holds them open it has the ports: tunlite disable --all",
  portato: "\nif portato still holds them open it has the ports: portato stop",
};

function refuseName(name: string | undefined, planned: readonly PlannedTunnel[]): void {
  if (name === undefined) return;
  if (planned.length > 1) throw new Failure("usage", `--name is for one tunnel, and there are ${planned.length}`);
  const [only] = planned;
  if (only !== undefined && only.name !== name)
    throw new Failure(
      "name-taken",
      only.state === "there" ? `it is there already, as "${only.name}"` : `there is already a tunnel named "${name}"`,
    );
}

async function ask({ output, signal }: CliContext, planned: readonly PlannedTunnel[]): Promise<boolean> {
  const count = planned.filter(({ state }) => state === "new").length;
  if (!output.isInteractive)
    throw new Failure("usage", "there is no terminal to ask in", { hint: "Give --yes to write, or --dry-run to look." });
  return askYesNo(signal, `Write ${count === 1 ? "this tunnel" : `these ${count} tunnels`} into the config?`);
}

async function write({ paths }: CliContext, planned: readonly PlannedTunnel[]): Promise<void> {
  for (const { name, entry, state } of planned) if (state === "new") await saveTunnel(paths.configFile, name, entry);
}
