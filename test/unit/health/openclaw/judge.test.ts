import { describe, expect, it } from "vitest";
import type { HttpAnswer } from "../../../../src/health/http.js";
import { isLive, judgeReady, judgeStartup, judgeStranger } from "../../../../src/health/openclaw/judge.js";

const json = (status: number, value: unknown): HttpAnswer => ({ status, contentType: "application/json", body: JSON.stringify(value) });
const html = (status: number, body: string): HttpAnswer => ({ status, contentType: "text/html; charset=utf-8", body });
const page = html(200, "<!doctype html><title>OpenClaw Control</title>");

describe("what a gateway says of its start", () => {
  it("is that it is live, with its version and for how long it has run", () => {
    const result = judgeStartup(json(200, { ok: true, status: "started", version: "2026.9.6", uptimeMs: 1234 }));
    expect(result).toMatchObject({ state: "ok", detail: "OpenClaw gateway 2026.9.6 live" });
    expect(result?.gateway).toMatchObject({ state: "live", version: "2026.9.6", uptimeMs: 1234 });
  });

  it("is enough without either, as a peer from outside gets it", () => {
    expect(judgeStartup(json(200, { ok: true, status: "started" }))).toMatchObject({
      detail: "OpenClaw gateway live",
      gateway: { state: "live", version: null, uptimeMs: null },
    });
  });

  it("is that it starts, and what that waits for", () => {
    const said = { ok: false, status: "starting", version: "2026.9.6", uptimeMs: 90, pendingReason: "startup-sidecars" };
    expect(judgeStartup(json(503, said))).toMatchObject({
      detail: "OpenClaw gateway 2026.9.6 is starting (waits for startup-sidecars)",
      failure: { code: "gateway-starting", recovery: "retry" },
      gateway: { state: "starting" },
    });
  });

  it("is that it drains", () => {
    expect(judgeStartup(json(503, { ok: false, status: "draining", uptimeMs: 0 }))).toMatchObject({
      failure: { code: "gateway-draining", recovery: "retry" },
      gateway: { state: "draining", uptimeMs: null },
    });
  });

  it("shows a version of control characters in a harmless way", () => {
    const result = judgeStartup(json(200, { ok: true, status: "started", version: "1\u001b[2J" }));
    expect(result?.detail).toBe("OpenClaw gateway 1\\u{1b}[2J live");
  });

  it.each([
    ["the page of an older one", page],
    ["a status that contradicts it", json(503, { ok: true, status: "started" })],
    ["a start under 200", json(200, { ok: false, status: "starting" })],
    ["a start that is fine", json(200, { ok: true, status: "starting" })],
    ["the word of another service", json(200, { ok: true, status: "up" })],
    ["not found", json(404, { ok: false, status: "starting" })],
    ["null", json(200, null)],
    ["a list", json(200, [])],
  ])("is not %s", (_, answer) => {
    expect(judgeStartup(answer)).toBeUndefined();
  });
});

describe("a gateway that is live", () => {
  it("says so in JSON, and may say more", () => {
    expect(isLive(json(200, { ok: true, status: "live" }))).toBe(true);
    expect(isLive(json(200, { ok: true, status: "live", uptimeMs: 5 }))).toBe(true);
  });

  it.each([
    ["a page that answers 200 to everything", html(200, "<title>My app</title>")],
    ["a live answer under an error status", json(500, { ok: true, status: "live" })],
    ["another service's health", json(200, { status: "live" })],
    ["one that says it is not well", json(200, { ok: false, status: "live" })],
    ["a truthy answer that is not true", json(200, { ok: "true", status: "live" })],
    ["a list", json(200, [{ ok: true, status: "live" }])],
    ["nothing at all", { status: 204, contentType: "", body: "" }],
  ])("is not %s", (_, answer) => {
    expect(isLive(answer)).toBe(false);
  });

  it("stays so although one of its messaging channels is not ready", () => {
    expect(judgeReady(json(503, { ready: false, failing: ["telegram"], uptimeMs: 8 }))).toMatchObject({
      state: "ok",
      gateway: { state: "live", uptimeMs: 8 },
    });
  });

  it.each([
    ["gateway-draining", "gateway-draining"],
    ["startup-sidecars", "gateway-starting"],
  ])("is not ready for clients while it waits for %s", (failing, code) => {
    expect(judgeReady(json(503, { ready: false, failing: [failing] }))).toMatchObject({ state: "failing", failure: { code } });
  });

  it("is live although it tells nothing of being ready", () => {
    expect(judgeReady(page)).toMatchObject({ state: "ok", detail: "OpenClaw gateway live" });
  });
});

describe("what answers otherwise", () => {
  it("is an older gateway when it shows the gateway's page, and that is fine", () => {
    expect(judgeStranger(page)).toMatchObject({ state: "ok", gateway: { state: "old" } });
    expect(judgeStranger(page).detail).toContain("older than 2026.3.7");
  });

  it("is no gateway's page because of its status alone", () => {
    expect(judgeStranger(html(200, "<html><title>My app</title></html>"))).toMatchObject({
      failure: { code: "gateway-not-there" },
      detail: "what answers there is not an OpenClaw gateway (status 200, text/html; charset=utf-8)",
      gateway: { state: "other" },
    });
    expect(judgeStranger({ status: 204, contentType: "", body: "" }).detail).toContain("no content type");
  });

  it("is a gateway behind a proxy when it refuses the proxy's headers, and the hint says so", () => {
    const result = judgeStranger(json(403, { error: { type: "proxy_attribution_required" } }));
    expect(result).toMatchObject({ failure: { code: "gateway-not-there", hint: expect.stringContaining("A proxy stands between") } });
    expect(judgeStranger(json(403, {})).detail).toContain("status 403");
  });
});
