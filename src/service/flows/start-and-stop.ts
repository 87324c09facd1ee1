import { asFailure } from "../../base/failure.js";
import { newsOf } from "../last-exit.js";
import type { Service } from "../service.js";
import { type FlowHands, waitUntilUp, withDaemonsReason } from "./come-up.js";
import { type DaemonAnswer, performSteps } from "./perform.js";

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
    throw withDaemonsReason(asFailure(error), service, newsOf(exitBefore, hands.lastExit()));
  }
  return waitUntilUp(service, { exitBefore, ...(before && { notPid: before.pid }) }, hands, signal);
}

/** Answers with the daemon that runs all the same, because a person started it. */
export async function stopService(service: Service, hands: FlowHands, signal: AbortSignal): Promise<DaemonAnswer | undefined> {
  await performSteps(service.stop, hands, signal);
  return hands.daemon.ask();
}
