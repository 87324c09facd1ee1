import { Failure } from "../../base/failure.js";
import { isObject } from "../../base/is-object.js";
import { foreign } from "../../base/text.js";
import type { HttpAnswer } from "../http.js";
import type { HealthResult } from "../result.js";
import { type GatewaySeen, seen } from "./gateway-seen.js";

/** The title of the web page that a gateway without a path of that name answers with, under status 200. */
const pageTitle = "<title>OpenClaw Control</title>";

/**
 * What `GET /startupz` tells, as gateways since 2026.9 answer it: JSON `{ok, status, version, uptimeMs, pendingReason}`, with 503
 * while it is not `started`. The last three are left out for a peer that is not on the gateway's own machine. Undefined when it
 * is not such an answer.
 */
export function judgeStartup({ status, body }: HttpAnswer): HealthResult | undefined {
  const said = parseObject(body);
  if (said === undefined || said.ok !== (status === 200) || (status !== 200 && status !== 503)) return undefined;
  const facts = { version: text(said.version), uptimeMs: duration(said.uptimeMs) };
  switch (said.status) {
    case "started":
      return said.ok === true ? live(facts) : undefined;
    case "starting":
      return said.ok === false ? starting(facts, text(said.pendingReason)) : undefined;
    case "draining":
      return said.ok === false ? draining(facts) : undefined;
    default:
      return undefined;
  }
}

/** Whether this is how a gateway since 2026.3.1 answers `GET /healthz`. It does so from its first moment to its last. */
export function isLive({ status, body }: HttpAnswer): boolean {
  const said = parseObject(body);
  return status === 200 && said?.ok === true && said.status === "live";
}

/**
 * What `GET /readyz` adds to a gateway that is live: JSON `{ready, failing, uptimeMs}`. It is not ready either when a messaging
 * channel of it is not, which is no matter of the way to it.
 */
export function judgeReady({ body }: HttpAnswer): HealthResult {
  const said = parseObject(body);
  const facts = { uptimeMs: duration(said?.uptimeMs) };
  const failing = said?.ready === false && Array.isArray(said.failing) ? said.failing.map(text) : [];
  if (failing.includes("gateway-draining")) return draining(facts);
  const pending = failing.find((reason) => reason?.startsWith("startup-"));
  return pending === undefined ? live(facts) : starting(facts, pending);
}

/** Whether it is the gateway's own web page, which older ones answer every path with. */
export function isGatewayPage({ body }: HttpAnswer): boolean {
  return body.includes(pageTitle);
}

/** What answers `GET /healthz` otherwise than a gateway of today: an older one, one that refuses, or something else. */
export function judgeStranger(answer: HttpAnswer): HealthResult {
  const { status, contentType, body } = answer;
  if (isGatewayPage(answer)) {
    const detail = "OpenClaw gateway (older than 2026.3.7: known by its page, it has no /healthz)";
    return { state: "ok", detail, gateway: seen("old") };
  }
  if (status === 403 && body.includes("proxy_attribution_required")) {
    const message = "the OpenClaw gateway refuses requests to which a proxy has added its headers (403 proxy_attribution_required)";
    const hint = "A proxy stands between the server's sshd and the gateway: let the forward lead to the gateway's own port.";
    return failed(new Failure("gateway-not-there", message, { hint }), seen("other"));
  }
  const what = `status ${status}, ${foreign(contentType) || "no content type"}`;
  return failed(new Failure("gateway-not-there", `what answers there is not an OpenClaw gateway (${what})`), seen("other"));
}

type Facts = Partial<Pick<GatewaySeen, "version" | "uptimeMs">>;

function live(facts: Facts): HealthResult {
  return { state: "ok", detail: `${named(facts)} live`, gateway: seen("live", facts) };
}

function starting(facts: Facts, waitsFor: string | null): HealthResult {
  const why = waitsFor === null ? "" : ` (waits for ${waitsFor})`;
  return failed(new Failure("gateway-starting", `${named(facts)} is starting${why}`), seen("starting", facts));
}

function draining(facts: Facts): HealthResult {
  return failed(new Failure("gateway-draining", `${named(facts)} is draining: it ends when its work is done`), seen("draining", facts));
}

function named({ version }: Facts): string {
  return version ? `OpenClaw gateway ${version}` : "OpenClaw gateway";
}

function failed(failure: Failure, gateway: GatewaySeen): HealthResult {
  return { state: "failing", detail: failure.message, failure, gateway };
}

/** A word that somebody else chose, for a sentence of ours. */
function text(value: unknown): string | null {
  return typeof value === "string" && value.length > 0 && value.length <= 100 ? foreign(value) : null;
}

/** No gateway has run for a hundred years, and with more than that no date could be made of it. */
const longestUptimeMs = 100 * 365 * 24 * 3_600_000;

/** Zero is what a gateway says that does not know. */
function duration(value: unknown): number | null {
  return typeof value === "number" && value > 0 && value <= longestUptimeMs ? value : null;
}

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
