import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { DaemonClient } from "../../src/api/client.js";
import { resolvePaths } from "../../src/config/paths.js";
import { dialHere } from "../../src/forward/remote/dial-here.js";
import type { TunnelStatus } from "../../src/tunnel/status.js";
import { Cleanups } from "../support/cleanups.js";
import { startFakeDaemon } from "../support/fake-daemon.js";
import { startSmallGateway } from "../support/small-gateway.js";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";
import { type FakeKeyring, fakeKeyring } from "../unit/fixtures/fake-keyring.js";

const secretWord = "s3cret-of-the-gateway";

/** A daemon with one tunnel to a gateway, of which the token is in the keyring, or will be. */
async function openTunnel(keyring: FakeKeyring, attended: boolean) {
  const cleanups = new Cleanups();
  onTestFinished(cleanups.run);
  const home = cleanups.folder();
  const paths = resolvePaths({ platform: process.platform, env: { CLAWTUNNEL_HOME: home }, home, user: "me" });
  const [gateway, daemon, port] = await Promise.all([startSmallGateway(), startFakeDaemon(paths, keyring), freePort()]);
  gateway.token = secretWord;
  cleanups.add(daemon.close);
  const client = new DaemonClient(paths.controlEndpoint);
  const told: TunnelStatus[] = [];
  daemon.supervisor.onChange((tunnel) => void told.push(tunnel));
  const tunnel = {
    target: "me@there",
    forwards: [{ local: `127.0.0.1:${port}`, to: `127.0.0.1:${gateway.to.port}` }],
    health: { openclaw: true as const, deep: { tokenKeyring: true as const } },
  };
  await client.create({ name: "web", tunnel, attended });
  const session = (await daemon.login()).open();
  session.serve = (to, signal) => dialHere(to, signal);
  const status = async () => (await client.status()).tunnels[0];
  const untilPrompt = () => until(async () => (await status())?.prompt ?? undefined);
  const written = () =>
    readdirSync(home, { recursive: true, encoding: "utf8" })
      .map((name) => join(home, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path, "utf8"))
      .join();
  return { client, gateway, daemon, session, told, status, untilPrompt, written };
}

it("is asked for at `up`, kept once it was right, and then nowhere to be seen", async () => {
  const keyring = fakeKeyring();
  const { client, told, status, untilPrompt, written } = await openTunnel(keyring, true);
  const prompt = await untilPrompt();
  expect(prompt).toMatchObject({ kind: "secret", purpose: "password", subject: "gateway web", text: "token:", isEchoed: false });
  expect((await status())?.health).toBe("unknown");
  await client.answerPrompt(prompt.id, { answer: secretWord });
  const verified = await until(async () => ((await status())?.health === "verified" ? status() : undefined));
  expect(verified?.gateway).toMatchObject({ version: "2026.9.6", state: "live", deep: { state: "ok", protocol: 4 } });
  await until(() => keyring.kept.get("password gateway web") === secretWord);
  expect(JSON.stringify(told) + written()).not.toContain(secretWord);
});

it("is done without where nobody is there to say it, and asked for when somebody comes, without a new session", async () => {
  const { client, gateway, daemon, status, untilPrompt } = await openTunnel(fakeKeyring(), false);
  const verified = await until(async () => ((await status())?.health === "verified" ? status() : undefined));
  expect(verified).toMatchObject({ prompt: null, failure: null, gateway: { deep: { state: "stopped", checkedAt: null } } });
  await client.up("web", { attended: true });
  await client.answerPrompt((await untilPrompt()).id, { answer: secretWord });
  await until(async () => (await status())?.gateway?.deep?.state === "ok");
  expect([gateway.connects.length, daemon.engine.logins.length]).toEqual([1, 1]);
});

it("that is wrong makes the tunnel degraded by that name, and not a log-in is made anew for it", async () => {
  const { gateway, daemon, status, told, written } = await openTunnel(fakeKeyring({ "password gateway web": "s3cret-of-old" }), false);
  const degraded = await until(async () => ((await status())?.health === "degraded" ? status() : undefined));
  expect(degraded).toMatchObject({
    phase: "up",
    failure: { code: "gateway-token-wrong", hint: expect.stringContaining("clawtunnel restart web") },
    gateway: { state: "live", deep: { state: "stopped" } },
    forwards: [{ health: { state: "failing", code: "gateway-token-wrong" } }],
  });
  expect([gateway.connects.length, daemon.engine.logins.length]).toEqual([1, 1]);
  expect(JSON.stringify(told) + written()).not.toContain("s3cret");
});
