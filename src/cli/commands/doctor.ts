import { setMaxListeners } from "node:events";
import { createRequire } from "node:module";
import { plainLogin } from "../../config/plain-login.js";
import { loadConfig } from "../../config/store.js";
import { parseTarget } from "../../config/target.js";
import { examineLogin } from "../../ssh/examine/examine-login.js";
import { loadPty } from "../../ssh/openssh/process.js";
import { findSsh } from "../../ssh/resolve/ssh-program.js";
import { hasNativeCrypto } from "../../ssh/ssh2/algorithms.js";
import { defineCommand } from "../define-command.js";
import { type Equipment, equipmentFindings, findingsOf } from "../doctor-findings.js";
import { exitCode } from "../exit-code.js";
import { renderEquipment, renderLogin, renderService } from "../render-doctor.js";
import { examineService } from "../service/examine-service.js";
import { systemMachine } from "../service/machine.js";

export const doctor = defineCommand({
  name: "doctor [name..]",
  summary: "Find out how tunnels log in, what is wrong and what to do",
  examples: ["clawtunnel doctor", "clawtunnel doctor db", "clawtunnel doctor user@host --json"],
  positionals: { name: { type: "string", array: true, describe: "Saved tunnels, or hosts as ssh takes them; none means all tunnels" } },
  options: { json: { type: "boolean", default: false, describe: "Print what was found as JSON" } },
  run: async (context, args) => {
    const { output, paths, signal } = context;
    const { tunnels } = loadConfig(paths.configFile);
    const names = args.name ?? [];
    const logins = (names.length === 0 ? [...tunnels.keys()] : names).map(
      (name) => [name, tunnels.get(name)?.login ?? plainLogin(parseTarget(name))] as const,
    );
    // All are looked at at once, each with listeners of its own: as many as there are tunnels is no leak.
    setMaxListeners(0, signal);
    const examined = await Promise.all(
      logins.map(async ([name, login]) => {
        const report = await examineLogin(login, process.env.SSH_AUTH_SOCK, signal);
        return { name, ...report, findings: findingsOf(report) };
      }),
    );
    const machine = await lookAtEquipment();
    const found = equipmentFindings(machine);
    // Who asks for a tunnel by name wants to know of that.
    const service = names.length === 0 ? await examineService(systemMachine(context), signal) : null;
    if (args.json) output.answer(JSON.stringify({ machine: { ...machine, findings: found }, service, logins: examined }));
    else {
      for (const { name, findings, ...report } of examined)
        output.answer(`${renderLogin(name, report, findings, output.style).join("\n")}\n`);
      if (service !== null) output.answer(`${renderService(service, output.style).join("\n")}\n`);
      output.answer(renderEquipment(machine, found, output.style).join("\n"));
    }
    const isServiceAmiss = service !== null && service.findings.length > 0;
    return isServiceAmiss || found.length > 0 || examined.some(({ findings }) => findings.length > 0) ? exitCode.failed : exitCode.done;
  },
});

async function lookAtEquipment(): Promise<Equipment> {
  const ssh = await findSsh();
  return {
    ssh: ssh?.path ?? null,
    nativeCrypto: hasNativeCrypto,
    nodePty: (await loadPty()) !== undefined,
    keyring: isInstalled("@napi-rs/keyring"),
  };
}

/** Found, not loaded: whether there is a keyring to talk to is another question. */
function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}
