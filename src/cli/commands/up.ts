import { Failure } from "../../base/failure.js";
import { type CliContext, defineCommand } from "../define-command.js";
import { ensureDaemon } from "../ensure-daemon.js";
import { exitCode, exitCodeOfTunnels } from "../exit-code.js";
import { refuseUnknown } from "../follow.js";
import { renderTunnel } from "../render-status.js";
import { suggest } from "../suggest.js";
import { describesTunnel, entryFromArgs, type TargetArgs, targetOptions } from "../target-options.js";
import { waitWithPerson } from "../wait-with-person.js";

export const up = defineCommand({
  name: "up [target..]",
  summary: "Open tunnels; starts the daemon when it is not running",
  examples: [
    "clawtunnel up ubuntu@203.0.113.7",
    "clawtunnel up box -L 8080:localhost:80",
    "clawtunnel up me@db.example.com -L 5432:127.0.0.1:5432 --name db",
    "clawtunnel up db",
    "clawtunnel up openclaw --configure-client",
  ],
  positionals: {
    target: {
      type: "string",
      array: true,
      describe: "A host as for ssh (user@host, an alias), or the names of saved tunnels; none means all",
    },
  },
  options: {
    ...targetOptions,
    once: { type: "boolean", default: false, describe: "Do not save the tunnel" },
    "configure-client": {
      type: "boolean",
      default: false,
      describe: "Point the openclaw of this machine at the gateway, and keep it so when the local port moves",
    },
    yes: {
      type: "boolean",
      default: false,
      describe: "With --configure-client: also when it is set up for a gateway on this machine",
    },
    wait: { type: "number", default: 15, requiresArg: true, describe: "Seconds to wait for an answer through the tunnel" },
    json: { type: "boolean", default: false, describe: "Print the tunnels as JSON" },
  },
  run: async (context, args) => {
    const { output } = context;
    const { names, isNew } = await openTunnels(context, args.target ?? [], args);
    if (names.length === 0) {
      output.talk("there is no tunnel yet; open one with: clawtunnel up user@host");
      return exitCode.done;
    }
    const tunnels = await waitWithPerson(context, names, args.wait * 1000);
    if (args.json) output.answer(JSON.stringify({ tunnels }));
    else for (const tunnel of tunnels) output.answer(renderTunnel(tunnel, Date.now(), output.style).join("\n"));
    const [tunnel] = tunnels;
    if (args["configure-client"] && tunnel !== undefined) {
      const { configureClient } = await import("../client-advice.js");
      await configureClient(context, tunnel.name, args.yes);
    } else if (isNew && output.isInteractive && tunnel !== undefined) {
      const { adviseClient } = await import("../client-advice.js");
      await adviseClient(context, tunnel);
    }
    return exitCodeOfTunnels(tunnels, true);
  },
});

/** What no tunnel's name is or holds. The config's own pattern would load more code than all of `up`. */
const neverAName = /^$|^[^A-Za-z0-9]|[^A-Za-z0-9._-]/;

type UpArgs = TargetArgs & { readonly name: string | undefined; readonly once: boolean; readonly "configure-client": boolean };

/** What was opened: saved tunnels when their names were given, else one tunnel, which is new unless it was there by another name. */
interface Opened {
  readonly names: readonly string[];
  readonly isNew: boolean;
}

async function openTunnels(context: CliContext, given: readonly string[], args: UpArgs): Promise<Opened> {
  // What is misused is told before a daemon is started for it.
  if (args.name !== undefined && neverAName.test(args.name)) throw new Failure("name-invalid", `"${args.name}" cannot be a tunnel's name`);
  if (args["configure-client"] && args.once) throw new Failure("usage", "--configure-client is for a tunnel that is saved, without --once");
  const isSurelyNew = describesTunnel(args) || given.some((target) => neverAName.test(target));
  if (isSurelyNew) newEntry(given, args);
  const { tunnels } = await ensureDaemon(context);
  const saved = tunnels.map(({ name }) => name);
  await refuseNameAsTarget(context, given, args, saved);
  const agent = process.env.SSH_AUTH_SOCK ? { agentSocket: process.env.SSH_AUTH_SOCK } : {};
  const attended = context.output.isInteractive;
  const isNew = isSurelyNew || (given.length === 1 && !isSavedName(given[0] ?? "", saved));
  if (isNew) {
    if (!isSurelyNew) context.output.talk(`"${given[0]}" is no saved tunnel: taken for a host`);
    const named = args.name === undefined ? {} : { name: args.name };
    const { name } = await context.daemon.create({ tunnel: newEntry(given, args), once: args.once, ...named, ...agent, attended });
    return { names: [name], isNew: !saved.includes(name) };
  }
  if (args.name !== undefined || args.once) throw new Failure("usage", "--name and --once are for a new tunnel");
  const wanted = given.length === 0 ? saved : given;
  refuseUnknown(wanted, tunnels);
  if (args["configure-client"] && wanted.length !== 1) throw new Failure("usage", "--configure-client is for one tunnel: name it");
  const busy = args["on-port-busy"] === undefined ? {} : { onPortBusy: args["on-port-busy"] };
  for (const name of wanted) await context.daemon.up(name, { ...agent, ...busy, attended });
  return { names: wanted, isNew: false };
}

/**
 * A saved tunnel's name beside what describes a new tunnel is one or the other, and guessing would save a wrong one. Where that
 * tunnel goes to the host of the same name there is nothing to guess: the host is meant.
 */
async function refuseNameAsTarget(
  { paths }: CliContext,
  [target = ""]: readonly string[],
  args: UpArgs,
  saved: readonly string[],
): Promise<void> {
  if (!describesTunnel(args) || !saved.includes(target)) return;
  // The config's schema would load more code than all of `up`, and is seldom needed here.
  const { loadConfig } = await import("../../config/store.js");
  const host = loadConfig(paths.configFile).tunnels.get(target)?.login.target.host;
  if (host === undefined || host === target) return;
  throw new Failure("name-taken", `"${target}" is a saved tunnel, and the options describe a new one`, {
    hint: `\`clawtunnel up ${target}\` opens the saved one; a host of that name is meant with a user: user@${target}.`,
  });
}

/** A bare word is a saved tunnel or a host; one that is nearly a saved tunnel is a slip, and must not become a new tunnel; `web2` beside `web1` is none. */
function isSavedName(word: string, saved: readonly string[]): boolean {
  if (saved.includes(word)) return true;
  const meant = suggest(word, saved);
  const isNumbered = meant !== undefined && meant.replace(/\d/g, "") === word.replace(/\d/g, "");
  if (meant === undefined || isNumbered) return false;
  throw new Failure("tunnel-unknown", `there is no tunnel named "${word}"`, {
    hint: `Did you mean \`clawtunnel up ${meant}\`? A host of that name is meant with a user: \`clawtunnel up user@${word}\`.`,
  });
}

function newEntry(given: readonly string[], args: TargetArgs): Record<string, unknown> {
  const [target, ...others] = given;
  if (target === undefined) throw new Failure("usage", "a target is missing: user@host");
  if (others.length > 0) throw new Failure("usage", `one target at a time: ${given.join(", ")}`);
  return entryFromArgs(target, args);
}
