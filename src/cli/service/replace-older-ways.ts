import { asFailure } from "../../base/failure.js";
import type { ServiceFacts } from "../../service/facts.js";
import { performSteps } from "../../service/flows/perform.js";
import { askCrontab } from "../../service/machine/gather-facts.js";
import { olderWaysToReplace } from "../../service/older-ways/match-forwards.js";
import { describeOlderWay } from "../../service/older-ways/older-way-findings.js";
import { planReplacement } from "../../service/older-ways/replace-plan.js";
import { askYesNo } from "../ask.js";
import type { CliContext } from "../define-command.js";
import { handsFor, type ServiceMachine } from "./machine.js";
import { renderOlderWays } from "./render-older-ways.js";

/** What became of the older ways, for the answer. */
export interface ReplacedWays {
  readonly found: readonly { readonly way: string; readonly verdict: string }[];
  readonly turnedOff: readonly string[];
  readonly undo: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Shows what else keeps forwards open on this machine, and turns off what our tunnels make needless, where `isAsked` or the person at
 * the terminal says so. Throws `service-manager-failed` when a manager does not; then all of them are as before.
 */
export async function replaceOlderWays(
  { output, signal }: CliContext,
  facts: ServiceFacts,
  isAsked: boolean,
  machine: ServiceMachine,
): Promise<ReplacedWays> {
  const { matched, skipped } = await machine.olderWays(facts, signal);
  const found = matched.map(({ way, verdict }) => ({ way: describeOlderWay(way), verdict }));
  const left: ReplacedWays = { found, turnedOff: [], undo: [], warnings: [] };
  if (matched.length > 0) output.talk(`also here, beside clawtunnel:\n${renderOlderWays(matched, skipped, output.style)}`);
  const ways = olderWaysToReplace(matched).map(({ way }) => way);
  if (ways.length === 0) return left;
  if (!isAsked && !(output.isInteractive && (await askYesNo(signal, "Turn off what clawtunnel replaces?")))) {
    output.talk("they were left as they are; `clawtunnel install --replace-older` turns off what can be replaced");
    return left;
  }
  // As it is now: an install may have written it a moment ago.
  const crontab = await askCrontab(machine.run);
  const plan = planReplacement(ways, { runtimeDir: facts.systemd?.runtimeDir ?? null, crontab });
  const hands = handsFor(machine, facts);
  try {
    await performSteps(plan.steps, hands, signal);
  } catch (error) {
    await performSteps(plan.back, hands, new AbortController().signal).catch(() => {});
    throw asFailure(error);
  }
  return { found, turnedOff: ways.map(describeOlderWay), undo: plan.undo, warnings: plan.warnings };
}
