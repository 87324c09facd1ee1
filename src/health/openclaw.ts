import { Failure } from "../base/failure.js";
import type { HttpAnswer } from "./http.js";
import type { HealthResult } from "./result.js";

/**
 * Whether an answer to `GET /healthz` is an OpenClaw gateway's: JSON `{"ok":true,"status":"live"}`, as gateways since 2026.3.1
 * give it. The status code alone proves nothing, because its web page answers 200 to every path.
 */
export function judgeOpenclaw(answer: HttpAnswer): HealthResult {
  const parsed = parseObject(answer.body);
  if (answer.status === 200 && parsed?.ok === true && parsed.status === "live") return { state: "ok", detail: "OpenClaw gateway live" };
  const failure = new Failure("service-wrong", describe(answer));
  return { state: "failing", detail: failure.message, failure };
}

function describe({ status, contentType, body }: HttpAnswer): string {
  if (body.includes("<title>OpenClaw Control</title>")) return "an OpenClaw gateway older than 2026.3.1 answers, which has no /healthz";
  if (status === 503) return "the OpenClaw gateway is not ready (503)";
  return `what answers there is not an OpenClaw gateway (status ${status}, ${contentType || "no content type"})`;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
