import { Failure } from "../../base/failure.js";
import { loadConfig } from "../../config/store.js";
import { writeCommandLine } from "../../interchange/writers/command-line.js";
import { describeNoEquivalent } from "../../interchange/writers/no-equivalent.js";
import { outgoingTunnel } from "../../interchange/writers/outgoing.js";
import { writeSshConfigBlock } from "../../interchange/writers/ssh-config-block.js";
import { defineCommand } from "../define-command.js";
import { exitCode } from "../exit-code.js";
import { factsOfHost } from "../export/host-facts.js";

export const exportTunnels = defineCommand({
  name: "export [name..]",
  summary: "Print saved tunnels as an ssh_config, or as ssh or autossh commands",
  examples: ["clawtunnel export db --as ssh", "clawtunnel export >> ~/.ssh/tunnels"],
  positionals: { name: { type: "string", array: true, describe: "The tunnels; none means all" } },
  options: { as: { choices: ["ssh-config", "ssh", "autossh"], default: "ssh-config", describe: "What to print" } },
  run: async ({ paths, output, signal }, args) => {
    const { file, tunnels: specs } = loadConfig(paths.configFile);
    const { defaults = {}, tunnels = {} } = file;
    const names = args.name?.length ? args.name : Object.keys(tunnels);
    const unknown = names.find((name) => !Object.hasOwn(tunnels, name));
    if (unknown !== undefined) throw new Failure("tunnel-unknown", `no saved tunnel is named "${unknown}"`);
    const form = args.as as "ssh-config" | "ssh" | "autossh";
    for (const [index, name] of names.entries()) {
      const [entry, spec] = [tunnels[name], specs.get(name)];
      if (entry === undefined || spec === undefined) continue;
      const tunnel = outgoingTunnel(name, entry, defaults, await factsOfHost(name, spec.login, signal));
      if (form === "ssh-config") output.answer(`${index === 0 ? "" : "\n"}${writeSshConfigBlock(tunnel)}`);
      else output.answer(writeCommandLine(form, tunnel));
      for (const line of describeNoEquivalent(entry, defaults, form)) output.talk(`${name}: no equivalent for ${line}`);
    }
    if (form === "autossh") output.talk("autossh gives up when its first try fails, unless it is started with AUTOSSH_GATETIME=0");
    return exitCode.done;
  },
});
