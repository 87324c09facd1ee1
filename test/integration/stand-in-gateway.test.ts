import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { Cleanups } from "../support/cleanups.js";
import { freePort } from "../support/sshd.js";
import { type GatewayOptions, gatewayConfig, type StandInGateway, standInToken, startStandInGateway } from "../support/stand-in-gateway.js";
import { until } from "../support/until.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

async function start(
  settings: string,
  options: Partial<GatewayOptions> = {},
): Promise<StandInGateway & { readonly port: number; readonly url: string }> {
  const port = await freePort();
  const gateway = await startStandInGateway(cleanups.folder(), { config: gatewayConfig(`port: ${port}, ${settings}`), ...options });
  cleanups.add(gateway.stop);
  return { ...gateway, port, url: `http://127.0.0.1:${port}` };
}

/** What comes of a connect with this secret: `hello`, or the error's code, and how the socket is closed then. */
async function shakeHands(port: number, params: object = {}, auth: object = { token: standInToken }): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  let answer = "";
  socket.on("message", (data) => {
    const frame = JSON.parse(String(data));
    const client = { id: "openclaw-probe", version: "1", platform: "linux", mode: "probe" };
    if (frame.event === "connect.challenge") {
      const connectParams = { minProtocol: 3, maxProtocol: 4, client, role: "operator", scopes: [], caps: [], auth, ...params };
      socket.send(JSON.stringify({ type: "req", id: "1", method: "connect", params: connectParams }));
    } else if (frame.ok === true && frame.id === "1") {
      answer = `${frame.payload.type} ${frame.payload.protocol} `;
      socket.send(JSON.stringify({ type: "req", id: "2", method: "health" }));
    } else if (frame.ok === true) {
      answer += `health ${frame.payload.ok} `;
      socket.close(1000);
    } else answer = `${frame.error.details?.code ?? frame.error.code} `;
  });
  socket.on("error", (error) => {
    answer = `${error.message} `;
  });
  return new Promise((resolve) => socket.once("close", (code, reason) => resolve(`${answer}${code} ${reason}`.trim())));
}

async function isOpen(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  const opened = await new Promise<boolean>((resolve) => socket.once("connect", () => resolve(true)).once("error", () => resolve(false)));
  socket.destroy();
  return opened;
}

const read = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init);
  return { status: response.status, body: await response.text() };
};

describe("the stand-in gateway", () => {
  it("answers as a gateway of today does", async () => {
    const { url } = await start("bind: 'loopback'");
    expect(await read(`${url}/healthz`)).toEqual({ status: 200, body: '{"ok":true,"status":"live"}' });
    expect(await read(`${url}/startupz`)).toMatchObject({ status: 200, body: expect.stringContaining('"version":"2026.9.6"') });
    expect(await read(`${url}/anything`)).toMatchObject({ status: 200, body: expect.stringContaining("<title>OpenClaw Control</title>") });
    expect(await read(`${url}/healthz`, { method: "POST" })).toMatchObject({ status: 405 });
    expect(await read(url, { headers: { "x-forwarded-for": "192.0.2.1" } })).toMatchObject({
      status: 403,
      body: expect.stringContaining("proxy_attribution_required"),
    });
  });

  it.each([
    ["2026.3.13", /^\{"ok":true/, /^<!doctype/],
    ["2026.2.9", /^<!doctype/, /^<!doctype/],
  ] as const)("answers to probes as %s did, which knew fewer", async (version, healthz, startupz) => {
    const { url, port } = await start("bind: 'loopback'", { version });
    expect((await read(`${url}/healthz`)).body).toMatch(healthz);
    expect((await read(`${url}/startupz`)).body).toMatch(startupz);
    expect(await shakeHands(port)).toBe("hello-ok 3 health true 1000");
    expect(await shakeHands(port, { minProtocol: 4 })).toBe("PROTOCOL_MISMATCH 1002 protocol mismatch");
  });

  it("shakes hands with who has the token, and tells the others why not", async () => {
    const { port } = await start("bind: 'loopback'");
    expect(await shakeHands(port)).toBe("hello-ok 4 health true 1000");
    expect(await shakeHands(port, { maxProtocol: 3 })).toBe("hello-ok 4 health true 1000");
    expect(await shakeHands(port, { minProtocol: 5, maxProtocol: 6 })).toMatch(/^PROTOCOL_MISMATCH 1002/);
    expect(await shakeHands(port, {}, {})).toMatch(/^DEVICE_IDENTITY_REQUIRED 1008/);
    expect(await shakeHands(port, {}, { token: "wrong" })).toMatch(/^AUTH_TOKEN_MISMATCH 1008/);
    expect(await shakeHands(port, { client: { id: "clawtunnel", mode: "probe" } })).toContain("1008 invalid connect params: at /client/id");
  });

  it.each([
    ["starting", "UNAVAILABLE 1013 gateway starting"],
    ["draining", "Unexpected server response: 503 1006"],
  ] as const)("may be %s", async (phase, handshake) => {
    const { url, port, control } = await start("bind: 'loopback'");
    control({ phase });
    expect(await read(`${url}/healthz`)).toMatchObject({ status: 200 });
    expect(await read(`${url}/startupz`)).toMatchObject({ status: 503, body: expect.stringContaining(`"status":"${phase}"`) });
    expect(await shakeHands(port)).toBe(handshake);
  });

  it("takes another bind from its file by a restart of its own, and is away meanwhile", async () => {
    const gateway = await start("bind: 'lan'", { isService: true });
    const outside = "127.0.0.2";
    expect(await isOpen(outside, gateway.port)).toBe(true);
    gateway.writeConfig(gateway.readConfig().replace("'lan'", "'loopback'"));
    await until(async () => !(await isOpen("127.0.0.1", gateway.port)));
    await until(() => isOpen("127.0.0.1", gateway.port));
    expect(await isOpen(outside, gateway.port)).toBe(false);
  });

  it("keeps its bind when nobody starts its process again, as the real one does", async () => {
    const gateway = await start("bind: 'lan'");
    gateway.writeConfig(gateway.readConfig().replace("'lan'", "'loopback'"));
    await until(() => gateway.log().split("[gateway] ready").length === 3);
    expect(await isOpen("127.0.0.2", gateway.port)).toBe(true);
  });

  it("can be told to come back badly", async () => {
    const gateway = await start("bind: 'lan'", { isService: true });
    gateway.control({ comesBack: "everywhere" });
    gateway.writeConfig(gateway.readConfig().replace("'lan'", "'loopback'"));
    await until(() => gateway.log().split("[gateway] ready").length === 3);
    expect(await isOpen("127.0.0.2", gateway.port)).toBe(true);
    gateway.control({ comesBack: "exit-78" });
    gateway.crash();
    expect(await gateway.ended).toBe(78);
  });

  it("goes on as it is when its file becomes invalid", async () => {
    const gateway = await start("bind: 'loopback'");
    gateway.writeConfig(gateway.readConfig().replace("'loopback'", "'0.0.0.0'"));
    await until(() => gateway.log().includes("config reload skipped (invalid config): gateway.bind"));
    expect(await isOpen("127.0.0.1", gateway.port)).toBe(true);
  });

  it("puts an address right that stands where a mode belongs, and writes plain JSON", async () => {
    const { readConfig } = await start("bind: '127.0.0.1', /* mine */");
    expect(JSON.parse(readConfig())).toMatchObject({
      gateway: { bind: "loopback", mode: "local" },
      meta: { lastTouchedVersion: "2026.9.6" },
    });
  });

  it("has a second listener when apps are enabled", async () => {
    const port = await freePort();
    const config = gatewayConfig(`port: ${port}, bind: 'loopback'`).replace(/\}\n$/, "  mcp: { apps: { enabled: true } },\n}\n");
    const gateway = await startStandInGateway(cleanups.folder(), { config });
    cleanups.add(gateway.stop);
    expect((await read(`http://127.0.0.1:${port + 1}/mcp-app-sandbox`)).status).toBe(200);
    expect((await read(`http://127.0.0.1:${port + 1}/`)).status).toBe(404);
  });

  it.each([
    ["no mode", "{gateway: {bind: 'loopback'}}"],
    ["a bind that is not one", gatewayConfig("bind: '192.0.2.1'")],
    ["an open bind and no secret", "{gateway: {mode: 'local', bind: 'lan'}}"],
    ["no JSON5", "{gateway"],
  ])("refuses to start for good with %s", async (_, config) => {
    const gateway = await startStandInGateway(cleanups.folder(), { config }, false);
    expect(await gateway.ended).toBe(78);
  });
});
