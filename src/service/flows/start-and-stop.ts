import { asFailure, Failure } from "../../base/failure.js";
import { newsOf } from "../last-exit.js";
import type { DaemonAnswer, Service } from "../service.js";
import { type FlowHands, waitUntilUp, withDaemonsReason } from "./come-up.js";
import { performSteps } from "./perform.js";

/** Throws `service-manager-failed`, or `service-not-up` with the daemon's own reason. */
export async function startService(
  verb: "start" | "restart",
  service: Service,
  hands: FlowHands,
  signal: AbortSignal,
): Promise<DaemonAnswer> {
  const exitBefore = hands.lastExit();
  const before = verb === "restart" ? await hands.daemon.ask() : undefined;
  try {
    await performSteps(service[verb], hands, signal);
  } catch (error) {
    throw withDaemonsReason(withNextStep(error, verb, service, hands), service, newsOf(exitBefore, hands.lastExit()));
  }
  return waitUntilUp(service, { exitBefore, ...(before && { notPid: before.pid }) }, hands, signal);
}

/** Answers with the daemon that runs all the same, because a person started it. */
export async function stopService(service: Service, hands: FlowHands, signal: AbortSignal): Promise<DaemonAnswer | undefined> {
  try {
    await performSteps(service.stop, hands, signal);
  } catch (error) {
    throw withNextStep(error, "stop", service, hands);
  }
  return hands.daemon.ask();
}

/** What a manager refuses: mostly because it obeys only root. */
function withNextStep(error: unknown, verb: string, { scope }: Service, { isRoot }: FlowHands): Failure {
  const failure = asFailure(error);
  if (failure.code !== "service-manager-failed") return failure;
  const hint =
    scope === "system" && !isRoot
      ? `It is a service of the whole machine: \`sudo clawtunnel service ${verb}\`.`
      : "`clawtunnel service status` shows how it stands.";
  return new Failure(failure.code, failure.message, { hint, cause: error });
}
