import { withDeadline } from "../../base/abort.js";
import { type Endpoint, formatAddress, formatEndpoint, isSocketPath } from "../../base/address.js";
import { asFailure, Failure } from "../../base/failure.js";
import type { FailureCode } from "../../base/failure-catalogue.js";
import { type HttpAnswer, httpGet } from "../http.js";
import type { DialService, HealthResult } from "../result.js";
import { type GatewayState, seen } from "./gateway-seen.js";
import { isLive, judgeReady, judgeStartup, judgeStranger } from "./judge.js";

/**
 * Asks an OpenClaw gateway how it is: the same questions each time, because `/healthz` says `live` also of one that starts or
 * drains. A gateway of today needs one question. None of them leaves a line in its log. Never throws.
 */
export async function checkGateway(to: Endpoint, dial: DialService, timeoutMs: number, signal: AbortSignal): Promise<HealthResult> {
  const hung = () => new Failure("gateway-hung", `the OpenClaw gateway gave no answer within ${timeoutMs} ms`);
  try {
    return await withDeadline(timeoutMs, signal, hung, (deadline) => ask(async (path) => get(to, dial, path, deadline)));
  } catch (error) {
    const failure = inWordsOfGateway(asFailure(error), to);
    return { state: "failing", detail: failure.message, failure, gateway: seen(states[failure.code] ?? "unknown") };
  }
}

async function ask(get: (path: string) => Promise<HttpAnswer>): Promise<HealthResult> {
  const startup = judgeStartup(await get("/startupz"));
  if (startup !== undefined) return startup;
  const health = await get("/healthz");
  return isLive(health) ? judgeReady(await get("/readyz")) : judgeStranger(health);
}

async function get(to: Endpoint, dial: DialService, path: string, signal: AbortSignal): Promise<HttpAnswer> {
  const connection = await dial(signal);
  connection.on("error", () => {});
  try {
    return await httpGet(connection, hostOf(to), path, signal);
  } finally {
    connection.destroy();
  }
}

/** A unix socket has no name that a service could know it by. */
export function hostOf(to: Endpoint): string {
  return isSocketPath(to) ? "localhost" : formatAddress(to);
}

const states: Partial<Record<FailureCode, GatewayState>> = {
  "gateway-down": "down",
  "gateway-hung": "hung",
  "gateway-not-there": "other",
};

/** What is the gateway's own matter, by its own codes. What is the session's, or the way's to another host, keeps its name. */
export function inWordsOfGateway(failure: Failure, to: Endpoint): Failure {
  switch (failure.code) {
    case "service-refused":
      return new Failure("gateway-down", `no OpenClaw gateway listens at ${formatEndpoint(to)}`, { cause: failure });
    case "service-silent":
      return new Failure("gateway-down", "the OpenClaw gateway closed the connection without an answer: it ends, or has only begun", {
        cause: failure,
      });
    case "service-wrong":
      return new Failure("gateway-not-there", "what answers there is not an OpenClaw gateway: it does not speak HTTP", { cause: failure });
    default:
      return failure;
  }
}
