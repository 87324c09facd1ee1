import { withDeadline } from "../base/abort.js";
import { type Endpoint, formatEndpoint } from "../base/address.js";
import { Failure } from "../base/failure.js";
import type { HealthCheck, HealthSpec } from "../config/tunnel-spec.js";
import { httpGet } from "./http.js";
import { checkGateway, hostOf } from "./openclaw/check-gateway.js";
import { type DialService, failing, type HealthResult } from "./result.js";

/** Asks the service behind a forward. Never throws: whatever goes wrong is a result, and names the layer that failed. */
export async function checkService(health: HealthSpec, to: Endpoint, dial: DialService, signal: AbortSignal): Promise<HealthResult> {
  const { check, timeoutMs } = health;
  if (check.kind === "openclaw") return checkGateway(to, dial, timeoutMs, signal);
  const silent = () => new Failure("service-silent", `${formatEndpoint(to)} gave no answer within ${timeoutMs} ms`);
  try {
    return await withDeadline(timeoutMs, signal, silent, (deadline) => ask(check, to, dial, deadline));
  } catch (error) {
    return failing(error);
  }
}

type PlainCheck = Exclude<HealthCheck, { kind: "openclaw" }>;

async function ask(check: PlainCheck, to: Endpoint, dial: DialService, signal: AbortSignal): Promise<HealthResult> {
  const connection = await dial(signal);
  connection.on("error", () => {});
  try {
    switch (check.kind) {
      case "tcp":
        // The server confirms a channel only after its own connect to the service came through (RFC 4254, 7.2).
        return { state: "ok", detail: "accepts connections" };
      case "http": {
        const { status } = await httpGet(connection, hostOf(to), check.path, signal);
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
