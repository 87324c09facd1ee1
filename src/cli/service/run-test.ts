import { prove } from "../../service/flows/prove.js";
import { managerTitles } from "../../service/look.js";
import type { CliContext } from "../define-command.js";
import { type ExitCode, exitCode } from "../exit-code.js";
import { requireService } from "./find-service.js";
import type { ServiceMachine } from "./machine.js";
import type { ServiceArgs } from "./run-status.js";

/** 0 when it came back with every tunnel that it had, else 1. */
export async function runServiceTest({ output, signal }: CliContext, { asJson }: ServiceArgs, machine: ServiceMachine): Promise<ExitCode> {
  const { service, facts } = await requireService(machine);
  const { run, pace, kill } = machine;
  const { snapshot } = machine.daemon(facts);
  const proof = await prove(service, { run, pace, snapshot, kill: (pid) => kill(pid) }, signal);
  const { killedPid, pid, backAfterMs, tunnels, verifiedAfterMs, notVerified } = proof;
  if (asJson) output.answer(JSON.stringify(proof));
  else {
    const title = managerTitles[service.manager];
    output.answer(
      [
        `${title} brought the daemon back in ${(backAfterMs / 1000).toFixed(1)} s${verifiedAfterMs === null ? ", and not all of its tunnels" : ""}`,
        `killed pid ${killedPid}, as a crash would; pid ${pid} answered ${backAfterMs} ms later`,
        verifiedAfterMs === null
          ? `not verified again: ${notVerified.join(", ")}; see \`clawtunnel status\``
          : tunnels.length === 0
            ? "no tunnel was verified before, so there was none to come back"
            : `${tunnels.join(", ")} verified again ${verifiedAfterMs} ms after the kill`,
      ].join("\n  "),
    );
  }
  return verifiedAfterMs === null ? exitCode.failed : exitCode.done;
}
