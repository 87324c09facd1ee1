import { describe, expect, it } from "vitest";
import { judgeOpenclaw } from "../../../src/health/openclaw.js";

const json = (status: number, value: unknown) => ({ status, contentType: "application/json", body: JSON.stringify(value) });
const html = (status: number, body: string) => ({ status, contentType: "text/html; charset=utf-8", body });

describe("an OpenClaw gateway", () => {
  it("is live when it says so itself", () => {
    expect(judgeOpenclaw(json(200, { ok: true, status: "live" }))).toEqual({ state: "ok", detail: "OpenClaw gateway live" });
  });

  it("may say more than that", () => {
    expect(judgeOpenclaw(json(200, { ok: true, status: "live", uptimeMs: 5 })).state).toBe("ok");
  });

  it.each([
    ["a web page that answers 200 to everything", html(200, "<html><title>My app</title></html>"), "(status 200, text/html"],
    ["the page of a gateway without /healthz", html(200, "<title>OpenClaw Control</title>"), "older than 2026.3.1"],
    ["a gateway that is not ready", json(503, { ok: false, status: "starting" }), "not ready (503)"],
    ["a live answer under an error status", json(500, { ok: true, status: "live" }), "(status 500"],
    ["another service's health", json(200, { status: "live" }), "is not an OpenClaw gateway"],
    ["a gateway that says it is not well", json(200, { ok: false, status: "live" }), "is not an OpenClaw gateway"],
    ["a truthy answer that is not true", json(200, { ok: "true", status: "live" }), "is not an OpenClaw gateway"],
    ["a list", json(200, [{ ok: true, status: "live" }]), "is not an OpenClaw gateway"],
    ["nothing at all", { status: 204, contentType: "", body: "" }, "no content type"],
    ["null", json(200, null), "is not an OpenClaw gateway"],
  ])("is not %s", (_, answer, detail) => {
    const result = judgeOpenclaw(answer);
    expect(result).toMatchObject({ state: "failing", failure: { code: "service-wrong", recovery: "retry" } });
    expect(result.detail).toContain(detail);
  });
});
