import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Failure } from "../../base/failure.js";
import { formatDestination, isNamed } from "../../config/destination.js";
import type { Config } from "../../config/parse.js";
import type { Paths } from "../../config/paths.js";
import type { TunnelEntry } from "../../config/schema.js";
import { readSshOption } from "../../config/ssh-option.js";
import { loadConfig, saveTunnel } from "../../config/store.js";
import type { ForwardSpec, TunnelSpec } from "../../config/tunnel-spec.js";
import { describeLimits, forwardsOfKey, restrictedLine } from "../../ssh/keys/restricted-line.js";
import { askYesNo } from "../ask.js";
import { type CliContext, defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";
import { makeKeyFile, readKeyFile } from "../key-file.js";

export const key = defineCommand({
  name: "key [name]",
  summary: "Make a key that is good for one tunnel and nothing else, and print its line for authorized_keys",
  examples: ["clawtunnel key openclaw", "clawtunnel key openclaw --install --use"],
  positionals: { name: { type: "string", describe: "The tunnel; not needed when there is only one" } },
  options: {
    file: { type: "string", requiresArg: true, describe: "Where the key is kept; else in clawtunnel's own folder" },
    existing: { type: "boolean", default: false, describe: "Take the key that is there already" },
    install: { type: "boolean", default: false, describe: "Put the line on the server through the tunnel, and prove that it works" },
    use: { type: "boolean", default: false, describe: "Have the tunnel log in with this key alone from now on; with --install" },
    yes: { type: "boolean", default: false, describe: "Do not ask" },
    "dry-run": { type: "boolean", default: false, describe: "Print what would be done, and do nothing" },
  },
  run: async (context, args) => {
    const { output, paths } = context;
    if (args.use && !args.install) throw new Failure("usage", "--use is for a key that --install has proved");
    if (args.install && !args.yes && !args["dry-run"] && !output.isInteractive)
      throw new Failure("usage", "there is no terminal to ask in", {
        hint: "Say --yes to put the line on the server without being asked.",
      });
    const config = loadConfig(paths.configFile);
    const { spec, entry } = chosenTunnel(config, args.name);
    const path = args.file === undefined ? keyFileOf(paths, spec.name) : resolve(args.file);
    const forwards = forwardsOfKey(spec);
    refuseNamed(forwards);
    const owner = { tunnel: spec.name, machine: hostname() };
    if (args["dry-run"] && !args.existing) {
      output.answer(restrictedLine("", forwards, owner).replace("ssh-ed25519  ", "ssh-ed25519 AAAA… "));
      output.talk(`a new key would be made in ${path}`);
      return exitCode.done;
    }
    const publicKey = args.existing ? readKeyFile(path) : makeKeyFile(path, `clawtunnel ${spec.name}@${owner.machine}`);
    const line = restrictedLine(publicKey, forwards, owner);
    output.answer(line);
    output.talk(`${args.existing ? "the key is" : "a new key is"} in ${path}`);
    for (const sentence of advice(forwards)) output.talk(sentence);
    if (args["dry-run"] || !args.install) {
      output.talk(
        `the line belongs into ~/.ssh/authorized_keys on the server: \`clawtunnel key ${spec.name} --install --existing --use\` puts it there and uses it`,
      );
      return exitCode.done;
    }
    if (!args.yes && !(await askYesNo(context.signal, "Put this line into ~/.ssh/authorized_keys on the server?"))) return exitCode.failed;
    await installLine(context, spec.name, line, path);
    if (args.use) await useKey(context, spec.name, entry, path);
    return exitCode.done;
  },
});

async function installLine({ daemon, output }: CliContext, name: string, line: string, identity: string): Promise<void> {
  const { replaced } = await daemon.installKey(name, { line, identity });
  const what = replaced === 0 ? "is in authorized_keys on the server" : "took the place of the one that this key had on the server";
  output.talk(`the line ${what}; a log-in with this key alone opens the forwards and runs no command`);
}

/** The daemon sees the edit, and moves the tunnel to a session by the new key: make before break. */
async function useKey({ paths, output }: CliContext, name: string, entry: TunnelEntry, path: string): Promise<void> {
  const others = (entry.sshOptions ?? []).filter((option) => readSshOption(option)?.key !== "identitiesonly");
  await saveTunnel(paths.configFile, name, { ...entry, identities: [path], sshOptions: ["IdentitiesOnly=yes", ...others] });
  output.talk(`${name} logs in with this key alone from now on; the key that it had before stays on the server, for you`);
}

function chosenTunnel({ tunnels, file }: Config, name: string | undefined): { readonly spec: TunnelSpec; readonly entry: TunnelEntry } {
  if (name === undefined && tunnels.size !== 1)
    throw new Failure("usage", tunnels.size === 0 ? "there is no saved tunnel" : "there are several tunnels; name one", {
      hint: "`clawtunnel list` shows them.",
    });
  const [only = ""] = tunnels.keys();
  const spec = tunnels.get(name ?? only);
  const entry = file.tunnels?.[name ?? only];
  if (spec === undefined || entry === undefined) throw new Failure("tunnel-unknown", `no saved tunnel is named "${name}"`);
  return { spec, entry };
}

/** Beside the config: both are the user's own, and to be kept. */
function keyFileOf({ configFile }: Paths, name: string): string {
  return join(dirname(configFile), "keys", name);
}

/** Where a destination is asked for over a command, a key that runs none would leave the tunnel without it. */
function refuseNamed(forwards: readonly ForwardSpec[]): void {
  for (const forward of forwards)
    if (forward.kind === "local" && isNamed(forward.to))
      throw new Failure(
        "forward-invalid",
        `only a command on the server tells where ${formatDestination(forward.to)} is, and such a key may run none`,
        {
          hint: "Give that forward a host and a port of the server.",
        },
      );
}

/** What is to be known before this key is used. */
function advice(forwards: readonly ForwardSpec[]): string[] {
  const isOpenclaw = forwards.some(({ health }) => health.check.kind === "openclaw");
  return [
    ...describeLimits(forwards),
    "With this key nothing can be looked at or changed on the server: audit of its listeners, harden, docker: destinations and --remote-port auto need one with a shell. Harden first.",
    ...(isOpenclaw
      ? [
          "Through a tunnel every client is a local one to the gateway, and is paired without a question: `openclaw config set gateway.nodes.pairing.autoApproveLocal false` there has it ask.",
        ]
      : []),
  ];
}
