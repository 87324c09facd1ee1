import { Failure } from "../../base/failure.js";
import { uninstall } from "../../service/flows/uninstall.js";
import { managerTitles } from "../../service/look.js";
import type { Step } from "../../service/service.js";
import type { CliContext } from "../define-command.js";
import { type ExitCode, exitCode } from "../exit-code.js";
import { findOfOther, findService } from "./find-service.js";
import { handsFor, type ServiceMachine } from "./machine.js";
import { renderDone, renderPlanned, serviceJson, stepJson } from "./render-steps.js";

export interface UninstallArgs {
  readonly isDryRun: boolean;
  readonly asJson: boolean;
}

export async function runUninstall({ output, signal }: CliContext, args: UninstallArgs, machine: ServiceMachine): Promise<ExitCode> {
  const found = await findService(machine);
  if (found === undefined) {
    if (machine.isRoot) await refuseOthers(machine);
    output.answer(
      args.asJson
        ? JSON.stringify({ wasThere: false, removed: [], steps: [], leaves: [] })
        : "no service is installed; nothing was to be done",
    );
    return exitCode.done;
  }
  const { service, facts } = found;
  const title = managerTitles[service.manager];
  if (args.isDryRun) {
    const lines = [
      `${service.name} of ${title} would be taken away; nothing was changed`,
      ...[...service.withdraw, ...service.forget].map((step) => `would run ${renderPlanned(step)}`),
      ...service.files.map(({ path }) => `would remove ${path}`),
      ...service.leaves.map((left) => `would leave: ${left}`),
    ];
    output.answer(args.asJson ? JSON.stringify({ dryRun: true, service: serviceJson(service) }) : lines.join("\n  "));
    return exitCode.done;
  }
  if (service.scope === "system" && !machine.isRoot)
    throw new Failure("service-unavailable", `${service.name} is a service of the whole machine, and root takes it away`, {
      hint: "`sudo clawtunnel uninstall`",
    });
  const steps: Step[] = [];
  const hands = handsFor(machine, facts, (step) => steps.push(step));
  const { wasThere, removed } = await uninstall(service, hands, signal);
  const daemon = await hands.daemon.ask();
  if (args.asJson) {
    const done = { removed, steps: steps.map(stepJson), leaves: service.leaves };
    output.answer(JSON.stringify({ wasThere, manager: service.manager, name: service.name, ...done, daemon: daemon ?? null }));
    return exitCode.done;
  }
  const lines = [
    `uninstalled: ${title} does not know ${service.name} any more`,
    ...steps.map(renderDone),
    ...removed.map((path) => `removed ${path}`),
    ...service.leaves.map((left) => `left: ${left}`),
    ...(daemon === undefined
      ? ["no daemon runs now; `clawtunnel up` starts one"]
      : [`the daemon (pid ${daemon.pid}) runs by hand, and goes on`]),
    "tunnels and settings are still there",
  ];
  output.answer(lines.join("\n  "));
  return exitCode.done;
}

/** Root who looks for what was installed by way of sudo is not told that there is none. */
async function refuseOthers(machine: ServiceMachine): Promise<void> {
  const other = await findOfOther(machine);
  if (other === undefined) return;
  const { path, owner } = other;
  throw new Failure("service-not-installed", `no service of root's is installed; ${path} is the service of ${owner}`, {
    hint: `Take that one away: \`SUDO_USER=${owner} clawtunnel uninstall\`.`,
  });
}
