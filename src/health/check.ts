import { withDeadline } from "../base/abort.js";
import { formatAddress, isSocketPath } from "../base/address.js";
import { Failure } from "../base/failure.js";
import { type Destination, formatDestination, isNamed } from "../config/destination.js";
import type { HealthCheck, HealthSpec } from "../config/tunnel-spec.js";
import { httpGet } from "./http.js";
import { judgeOpenclaw } from "./openclaw.js";
import { type DialService, failing, type HealthResult } from "./result.js";

/** Asks the service behind a forward. Never throws: whatever goes wrong is a result, and names the layer that failed. */
export async function checkService(health: HealthSpec, to: Destination, dial: DialService, signal: AbortSignal): Promise<HealthResult> {
  const silent = () => new Failure("service-silent", `${formatDestination(to)} gave no answer within ${health.timeoutMs} ms`);
  try {
    return await withDeadline(health.timeoutMs, signal, silent, (deadline) => ask(health.check, to, dial, deadline));
  } catch (error) {
    return failing(error);
  }
}

async function ask(check: HealthCheck, to: Destination, dial: DialService, signal: AbortSignal): Promise<HealthResult> {
  const connection = await dial(signal);
  connection.on("error", () => {});
  // Neither a unix socket nor what is found by another name has one that a service could know it by.
  const host = isNamed(to) || isSocketPath(to) ? "localhost" : formatAddress(to);
  try {
    switch (check.kind) {
      case "tcp":
        // The server confirms a channel only after its own connect to the service came through (RFC 4254, 7.2).
        return { state: "ok", detail: "accepts connections" };
      case "openclaw":
        return judgeOpenclaw(await httpGet(connection, host, "/healthz", signal));
      case "http": {
        const { status } = await httpGet(connection, host, check.path, signal);
        return judgeStatus(status, check.path, check.status);
      }
    }
  } finally {
    connection.destroy();
  }
}

/** Without a wanted status, any answer below 500 is the service's own. */
function judgeStatus(status: number, path: string, wanted: number | null): HealthResult {
  const isRight = wanted === null ? status < 500 : status === wanted;
  if (isRight) return { state: "ok", detail: `${path} answers ${status}` };
  return failing(new Failure("service-wrong", `${path} answers ${status}${wanted === null ? "" : `, not ${wanted}`}`));
}
