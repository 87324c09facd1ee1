import { mkdirSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import type { Home } from "../support/clawtunnel.js";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";
import { entryFor, isVerified, makeScene, makeStrangersKey, untilTunnel } from "./scene.js";

it("tells HTTP clients why there is no tunnel, after their wait, and serves them at the same address when it is back", async () => {
  const { home, sshd, service, port } = await makeScene();
  const plainPort = await freePort();
  const to = `127.0.0.1:${service.port}`;
  const forwards = [
    { local: `127.0.0.1:${port}`, to },
    { local: `127.0.0.1:${plainPort}`, to, offlinePage: false },
  ];
  writeConfig(home, { waitForTunnelMs: 200, backoff: { maxDelayMs: 60_000 } }, { ...entryFor(sshd, port, service.port), forwards });
  expect((await home.run("up")).code).toBe(0);

  await sshd.stop();
  await untilTunnel(home, "web", ({ phase, failure }) => phase === "waiting" && failure?.code === "connection-refused");

  // Between two tries it is connecting, and has no failure then.
  const { status, headers, told } = await until(async () => {
    const answer = await askJson(port);
    return answer.told.phase === "waiting" && answer;
  });
  expect(status).toBe(503);
  expect(headers).toMatchObject({ "retry-after": expect.stringMatching(/^([1-9]|[12]\d|30)$/), "cache-control": "no-store" });
  expect(told).toMatchObject({
    tunnel: "web",
    code: "connection-refused",
    hint: expect.stringContaining("sshd"),
    more: "clawtunnel status web",
  });
  await expect(ask(plainPort)).rejects.toMatchObject({ code: "ECONNRESET" });

  await sshd.start();
  await untilTunnel(home, "web", isVerified);
  for (const open of [port, plainPort]) {
    const response = await ask(open);
    expect([response.statusCode, await text(response)]).toEqual([200, "ok\n"]);
  }
});

it("tells them at once when the tunnel is held, and no secret of it", async () => {
  const { home, sshd, service, port } = await makeScene();
  const key = makeStrangersKey(home);
  writeConfig(home, { waitForTunnelMs: 3_600_000 }, { ...entryFor(sshd, port, service.port), identities: [key] });
  expect((await home.run("up")).code).toBe(5);

  const { status, told } = await askJson(port);
  expect([status, told]).toEqual([503, expect.objectContaining({ tunnel: "web", phase: "held", code: "auth-rejected" })]);
  expect(JSON.stringify(told)).not.toMatch(/strangers_key|127\.0\.0\.1/);
});

function writeConfig(home: Home, defaults: object, web: object): void {
  mkdirSync(dirname(home.paths.configFile), { recursive: true });
  writeFileSync(home.paths.configFile, JSON.stringify({ defaults, tunnels: { web } }));
}

function ask(port: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent: false }, resolve).once("error", reject);
  });
}

async function askJson(port: number) {
  const response = await ask(port);
  return { status: response.statusCode, headers: response.headers, told: JSON.parse(await text(response)) };
}
