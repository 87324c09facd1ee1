import { Failure } from "../../base/failure.js";
import { foreign } from "../../base/text.js";
import type { RunCommand } from "../machine/run-command.js";
import type { CommandResult, DaemonAnswer, RunStep, Step } from "../service.js";
import type { Pace } from "./pace.js";

const againEveryMs = 250;

/** The daemon of this home, whoever started it. */
export interface DaemonLink {
  /** Undefined when nobody answers. */
  ask(): Promise<DaemonAnswer | undefined>;
  /** Asks it to end and waits until its process is gone. */
  end(): Promise<void>;
  /** Starts one in the background. */
  start(): Promise<void>;
}

/** What steps use of the machine. */
export interface StepHands {
  readonly run: RunCommand;
  readonly daemon: DaemonLink;
  readonly pace: Pace;
  /** Told each step before it is done. */
  readonly onStep: (step: Step) => void;
}

/** Does the steps one after the other. Throws `service-manager-failed` with the manager's own words at the first that fails. */
export async function performSteps(steps: readonly Step[], hands: StepHands, signal: AbortSignal): Promise<void> {
  for (const step of steps) {
    signal.throwIfAborted();
    hands.onStep(step);
    if (step.do === "end-daemon") await hands.daemon.end();
    else if (step.do === "start-daemon") await hands.daemon.start();
    else await performCommand(step, hands, signal);
  }
}

async function performCommand(step: RunStep, { run, pace }: StepHands, signal: AbortSignal): Promise<void> {
  const deadlineMs = pace.monotonicMs() + (step.againForMs ?? 0);
  for (;;) {
    const result = await run(step);
    const verdict = step.judge === undefined ? (result.code === 0 ? "done" : "failed") : await step.judge(result, run);
    if (verdict === "done") return;
    if (verdict === "failed" || pace.monotonicMs() > deadlineMs || !(await pace.sleep(againEveryMs, signal))) throw managerFailed(result);
  }
}

function managerFailed({ argv, code, stdout, stderr, problem }: CommandResult): Failure {
  const said = [stderr, stdout].map(foreign).find((text) => text !== "");
  const how = code === null ? (problem ?? "it could not be run") : `exit code ${code}`;
  return new Failure("service-manager-failed", `\`${argv.join(" ")}\` failed: ${said === undefined ? how : `${said} (${how})`}`);
}
