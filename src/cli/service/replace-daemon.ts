import { Failure } from "../../base/failure.js";
import { managerTitles } from "../../service/look.js";
import type { CliContext } from "../define-command.js";
import { type ExitCode, exitCode, exitCodeOfTunnels } from "../exit-code.js";
import { renderTunnel } from "../render-status.js";
import { waitWithPerson } from "../wait-with-person.js";
import { findService } from "./find-service.js";
import type { ServiceMachine } from "./machine.js";
import { startInstalled } from "./start-installed.js";

/**
 * Replaces the daemon by one of this version, through its manager when that runs it, and waits until every tunnel that was not down has
 * come to something. Throws `daemon-not-running` when there is nothing to replace.
 */
export async function replaceDaemon(context: CliContext, timeoutMs: number, machine: ServiceMachine): Promise<ExitCode> {
  const { daemon, output } = context;
  const before = await daemon.status();
  await startAnew(context, before.daemon, machine);
  const after = await daemon.status();
  output.talk(
    `the daemon is ${after.daemon.version} now (pid ${after.daemon.pid}), in place of ${before.daemon.version} (pid ${before.daemon.pid})`,
  );
  const wanted = before.tunnels.filter(({ phase }) => phase !== "stopped").map(({ name }) => name);
  const there = new Set(after.tunnels.map(({ name }) => name));
  for (const name of wanted) if (!there.has(name)) output.talk(`${name} is gone with the old daemon: it was not saved`);
  const names = wanted.filter((name) => there.has(name));
  const tunnels = await waitWithPerson(context, names, timeoutMs);
  for (const tunnel of tunnels) output.answer(renderTunnel(tunnel, Date.now(), output.style).join("\n"));
  if (after.daemon.version === machine.version) return exitCodeOfTunnels(tunnels, true);
  output.talk(`this is ${machine.version}, and the service runs another clawtunnel: \`clawtunnel install\` has it run this one`);
  return exitCode.failed;
}

interface Running {
  readonly pid: number;
  readonly service: string;
}

/** A daemon that runs by hand although there is a service is handed over to that. */
async function startAnew({ output, signal }: CliContext, { pid, service }: Running, machine: ServiceMachine): Promise<void> {
  const found = service !== "none" || machine.mayBeInstalled() ? await findService(machine) : undefined;
  if (found === undefined && service === "none") return machine.replaceByHand();
  if (found === undefined || (service !== "none" && found.service.manager !== service))
    throw new Failure(
      "service-not-installed",
      `the daemon (pid ${pid}) was started by ${service}, which has no service of this home any more`,
      {
        hint: "Install it again: `clawtunnel install`.",
      },
    );
  const { manager, name } = found.service;
  if (found.files.some(({ state }) => state !== "same"))
    output.talk(`the files of ${managerTitles[manager]}'s ${name} are not as they are written today; \`clawtunnel install\` writes them`);
  if (service === "none") output.talk(`the daemon ran by hand; ${managerTitles[manager]} runs it from now on`);
  await startInstalled(service === "none" ? "start" : "restart", found, machine, signal);
}
