import type { HardenRequest } from "../../api/contract.js";
import { Failure } from "../../base/failure.js";
import type { HardenOutcome, HardenPlan } from "../../openclaw/harden/report.js";
import { askYesNo } from "../ask.js";
import { type CliContext, defineCommand } from "../define-command.js";
import { type ExitCode, exitCode } from "../exit-code.js";
import { renderPlan, renderProgress } from "../render-harden.js";

export const harden = defineCommand({
  name: "harden <name>",
  summary: "Bind the gateway on the server to its loopback, safely, with a way back",
  examples: [
    "clawtunnel harden openclaw --dry-run",
    "clawtunnel harden openclaw",
    "clawtunnel harden openclaw --restart 'pm2 restart openclaw'",
  ],
  positionals: { name: { type: "string", demandOption: true, describe: "The tunnel to the gateway" } },
  options: {
    "dry-run": { type: "boolean", default: false, describe: "Show the exact change, and make none" },
    restart: {
      type: "string",
      describe: "A command for the server that starts the gateway's process anew, where no service does; it has to come to its end",
    },
    yes: { type: "boolean", default: false, describe: "Do not ask; for scripts" },
    json: { type: "boolean", default: false, describe: "Print the plan, each step and the outcome as they come, one JSON object a line" },
  },
  run: async (context, args) => {
    const { daemon, output } = context;
    const wishes = args.restart === undefined ? {} : { restart: args.restart };
    const plan = await daemon.planHarden(args.name, wishes);
    const isToBeDone = plan.state !== "nothing-to-do" && !args["dry-run"];
    if (args.json) output.answer(JSON.stringify(plan));
    else for (const line of renderPlan(plan, output.style)) (isToBeDone ? output.talk : output.answer)(line);
    if (!isToBeDone) return exitCode.done;
    if (!args.yes && !(await isAgreed(context, plan))) return exitCode.failed;
    return follow(context, plan, { agreement: plan.agreement, ...wishes }, args.json);
  },
});

async function isAgreed({ output, signal }: CliContext, { tunnel, state }: HardenPlan): Promise<boolean> {
  if (!output.isInteractive) {
    throw new Failure("usage", "there is no terminal to ask in, and nothing was changed", {
      hint: `Agree to what is shown: \`clawtunnel harden ${tunnel} --yes\`.`,
    });
  }
  const isAgreed = await askYesNo(signal, state === "unfinished" ? "Go on from there?" : "Make this change, and have the gateway restart?");
  if (!isAgreed) output.talk("nothing was changed");
  return isAgreed;
}

/** When the daemon stops in the midst of it, what it came to is not known here. */
async function follow(
  { daemon, output, signal }: CliContext,
  plan: HardenPlan,
  request: HardenRequest,
  isJson: boolean,
): Promise<ExitCode> {
  for await (const line of daemon.harden(plan.tunnel, request, signal)) {
    if (isJson) output.answer(JSON.stringify(line));
    if (line.type === "outcome") return tell(output, line, plan, isJson);
    if (!isJson) output.talk(renderProgress(line, output.style));
  }
  output.talk(
    signal.aborted
      ? "it goes on in the daemon: `clawtunnel logs -f` tells"
      : `the daemon stopped in the midst of it: \`clawtunnel harden ${plan.tunnel}\` finishes it, or puts everything back`,
  );
  return exitCode.needsPerson;
}

function tell(output: CliContext["output"], outcome: HardenOutcome, plan: HardenPlan, isJson: boolean): ExitCode {
  const { failure, backupFile } = outcome;
  if (!isJson && failure !== null) output.talk(`clawtunnel: ${failure.message} [${failure.code}]\n  ${failure.hint}`);
  if (!isJson && failure === null) output.answer(`${plan.tunnel} is hardened: the gateway listens on the server's loopback alone`);
  if (!isJson && backupFile !== null) output.talk(`the file as it was before, on the server: ${backupFile}`);
  const codes = { hardened: exitCode.done, "as-before": exitCode.failed, unproved: exitCode.needsPerson };
  return codes[outcome.outcome];
}
