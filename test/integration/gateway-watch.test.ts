import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Logger } from "../../src/base/logger.js";
import type { DeepSpec } from "../../src/config/tunnel-spec.js";
import { TokenDesk } from "../../src/daemon/openclaw/token-desk.js";
import { openPeople } from "../../src/daemon/people/people.js";
import { dialHere } from "../../src/forward/remote/dial-here.js";
import { GatewayWatch } from "../../src/health/openclaw/gateway-watch.js";
import type { HealthResult } from "../../src/health/result.js";
import { type SmallGateway, started, startSmallGateway } from "../support/small-gateway.js";
import { until } from "../support/until.js";
import { fakeKeyring } from "../unit/fixtures/fake-keyring.js";
import { fakeSession } from "../unit/fixtures/fake-session.js";
import { forwardSpec, IdleListener } from "../unit/fixtures/forwards.js";

const never = new AbortController().signal;
const hourMs = 3_600_000;
const account = "password gateway web";
const inEnv: DeepSpec = { token: { kind: "env", name: "GATEWAY_TOKEN" }, everyMs: 600_000 };
const inKeyring: DeepSpec = { token: { kind: "keyring" }, everyMs: 600_000 };

/** One tunnel's watch over a gateway. Clocks and secrets are the test's own; `lines` is all that was logged. */
async function makeWatch(deep: DeepSpec | null = null, kept: Record<string, string> = {}) {
  const gateway = await startSmallGateway();
  const now = { wallMs: 1e12, monotonicMs: 1e6 };
  const clock = { nowMs: () => now.wallMs, monotonicMs: () => now.monotonicMs };
  const lines: object[] = [];
  const write = (fields: object, sentence: string) => void lines.push({ ...fields, sentence });
  const log: Logger = { debug: write, info: write, warn: write, error: write };
  const env: NodeJS.ProcessEnv = { GATEWAY_TOKEN: "right" };
  const keyring = fakeKeyring(kept);
  const people = openPeople(keyring, log);
  const asker = { onChange: () => {} };
  const tokens = new TokenDesk("web", people, asker, clock);
  const watch = new GatewayWatch({ tunnel: "web", clock, log, env, tokens });
  const session = fakeSession();
  session.serve = (to, signal) => dialHere(to, signal);
  const spec = (deepSpec: DeepSpec | null) => ({
    ...forwardSpec(1, gateway.to.port),
    health: { check: { kind: "openclaw", deep: deepSpec }, everyMs: 30_000, timeoutMs: 5_000 } as const,
  });
  const forward = new IdleListener(spec(deep));
  return {
    ...{ gateway, watch, env, keyring, lines, forward, spec },
    question: () => people.desk.of(asker),
    answer: (text: string) => people.desk.answer(people.desk.of(asker)?.id ?? "", text),
    pass: (ms: number) => {
      now.wallMs += ms;
      now.monotonicMs += ms;
    },
    setWall: (ms: number) => {
      now.wallMs += ms;
    },
    check: (): Promise<HealthResult> => watch.check(forward, session, never),
    /** The gateway that runs since this moment, by the test's clock, answers from now on. */
    runsSince: (startMs: number, by: SmallGateway = gateway) => {
      by.answer = started("2026.9.6", () => now.wallMs - startMs);
    },
    now,
  };
}

it("takes a gateway for the same while its beginning stays, and tells a restart from another gateway", async () => {
  const { check, runsSince, pass, watch, lines, now } = await makeWatch();
  const first = now.wallMs - hourMs;
  runsSince(first);
  expect((await check()).gateway?.startedAtMs).toBe(first);
  pass(30_000);
  await check();
  pass(30_000);
  runsSince(now.wallMs - 5_000);
  expect((await check()).gateway?.startedAtMs).toBe(now.wallMs - 5_000);
  expect(lines).toMatchObject([{ event: "gateway.restarted", tunnel: "web" }]);
  expect(watch.warnings).toEqual([]);
  pass(30_000);
  runsSince(now.wallMs - 9 * hourMs);
  await check();
  expect(watch.warnings).toEqual([expect.stringContaining("another gateway answers")]);
  expect(lines.at(-1)).toMatchObject({ event: "gateway.changed" });
});

it("warns of another gateway until a person opens the tunnel anew", async () => {
  const { check, runsSince, pass, watch, now } = await makeWatch();
  runsSince(now.wallMs - hourMs);
  await check();
  runsSince(now.wallMs - 2 * hourMs);
  await check();
  pass(30_000);
  await check();
  expect(watch.warnings).toHaveLength(1);
  watch.accept(false);
  await check();
  expect(watch.warnings).toEqual([]);
});

it("takes none for another because this machine's clock was set", async () => {
  const { check, runsSince, setWall, watch, now } = await makeWatch();
  const startMs = now.wallMs - hourMs;
  runsSince(startMs);
  await check();
  setWall(-10 * hourMs);
  runsSince(startMs - 10 * hourMs);
  await check();
  expect(watch.warnings).toEqual([]);
});

it("takes one for the same that names the same boot, although the server's clock was set", async () => {
  const { check, runsSince, watch, now } = await makeWatch(inEnv);
  runsSince(now.wallMs - hourMs);
  await check();
  runsSince(now.wallMs - 40 * hourMs);
  await check();
  expect(watch.warnings).toEqual([]);
});

it("logs in as the gateway's own probe does, closes in peace, and is not asked again before its time", async () => {
  const { gateway, check, pass, runsSince, now } = await makeWatch(inEnv);
  runsSince(now.wallMs - hourMs);
  expect(await check()).toMatchObject({
    state: "ok",
    detail: "OpenClaw gateway 2026.9.6 live",
    gateway: { deep: { state: "ok", protocol: 4 } },
  });
  expect(gateway.connects).toMatchObject([
    { minProtocol: 3, maxProtocol: 4, client: { id: "openclaw-probe", mode: "probe" }, role: "operator", scopes: [], caps: [] },
  ]);
  await until(() => gateway.closes.length === 1);
  expect(gateway.closes).toEqual([1000]);
  pass(inEnv.everyMs - 1);
  await check();
  expect(gateway.connects).toHaveLength(1);
  pass(1);
  await check();
  expect(gateway.connects).toHaveLength(2);
});

it("stops after a refusal until the token, the config, the gateway or a person's mind has changed", async () => {
  const { gateway, check, watch, env, pass, runsSince, forward, spec, now } = await makeWatch(inEnv);
  gateway.token = "another";
  runsSince(now.wallMs - hourMs);
  const wrong = { state: "failing", failure: { code: "gateway-token-wrong" }, gateway: { state: "live", deep: { state: "stopped" } } };
  expect(await check()).toMatchObject(wrong);
  pass(24 * hourMs);
  expect(await check()).toMatchObject(wrong);
  expect(gateway.connects).toHaveLength(1);

  env.GATEWAY_TOKEN = "still-wrong";
  await check();
  expect(gateway.connects).toHaveLength(2);
  watch.accept(false);
  await check();
  expect(gateway.connects).toHaveLength(3);
  forward.spec = spec({ ...inEnv, everyMs: 700_000 });
  await check();
  expect(gateway.connects).toHaveLength(4);
  pass(10_000);
  runsSince(now.wallMs - 5_000);
  gateway.token = "still-wrong";
  expect(await check()).toMatchObject({ state: "ok", gateway: { deep: { state: "ok" } } });
  expect(gateway.connects).toHaveLength(5);
});

it("does not log in to a gateway that is not live", async () => {
  const { gateway, check } = await makeWatch(inEnv);
  gateway.answer = (_request, response) => void response.writeHead(503).end(JSON.stringify({ ok: false, status: "starting" }));
  expect(await check()).toMatchObject({ failure: { code: "gateway-starting" } });
  expect(gateway.connects).toEqual([]);
});

it("reads a token from a file that is its owner's alone, and says what is wrong with any other", async () => {
  const folder = mkdtempSync(join(tmpdir(), "token-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "token");
  const { gateway, check } = await makeWatch({ token: { kind: "file", path }, everyMs: 600_000 });
  const refused = (why: string) => ({ failure: { code: "gateway-token-missing", message: expect.stringContaining(why) } });
  expect(await check()).toMatchObject(refused("ENOENT"));
  writeFileSync(path, "right\n", { mode: 0o644 });
  chmodSync(path, 0o644);
  expect(await check()).toMatchObject(refused("others may use it (mode 644)"));
  chmodSync(path, 0o600);
  expect(await check()).toMatchObject({ state: "ok", gateway: { deep: { state: "ok" } } });
  writeFileSync(path, "");
  expect(await check()).toMatchObject(refused("it is empty"));
  writeFileSync(path, "two words");
  expect(await check()).toMatchObject(refused("more than one word"));
  expect(gateway.connects).toHaveLength(1);
});

it("cannot read a token from what is no regular file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "token-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { check } = await makeWatch({ token: { kind: "file", path: folder }, everyMs: 600_000 });
  expect(await check()).toMatchObject({ failure: { message: expect.stringContaining("no regular file") } });
});

it("asks whoever attends for a token that the keyring does not have, and keeps it once it was right", async () => {
  const { check, watch, keyring, question, answer } = await makeWatch(inKeyring);
  watch.accept(true);
  const result = check();
  await until(() => question() !== undefined);
  expect(question()?.question).toMatchObject({ kind: "password", subject: "gateway web", isRepeated: false, isEchoed: false });
  answer("right");
  expect(await result).toMatchObject({ state: "ok", gateway: { deep: { state: "ok" } } });
  await until(() => keyring.kept.get(account) === "right");
});

it("does without when nobody attends: the tunnel is verified, and it says what is to be done", async () => {
  const { check, gateway, keyring } = await makeWatch(inKeyring);
  expect(await check()).toMatchObject({
    state: "ok",
    gateway: { deep: { state: "stopped", detail: expect.stringContaining("`clawtunnel up web`") } },
  });
  await check();
  expect(gateway.connects).toEqual([]);
  expect(keyring.reads).toEqual([account]);
});

it("asks for another token when the kept one was refused and a person comes, and never before", async () => {
  const { gateway, check, watch, question, answer } = await makeWatch(inKeyring, { [account]: "outdated" });
  expect(await check()).toMatchObject({ failure: { code: "gateway-token-wrong" } });
  await check();
  expect([gateway.connects.length, question()]).toEqual([1, undefined]);
  watch.accept(true);
  const result = check();
  await until(() => question() !== undefined);
  expect(question()?.question.isRepeated).toBe(true);
  answer("right");
  expect(await result).toMatchObject({ state: "ok" });
});

it("never tells a token, neither in what it finds nor in the log", async () => {
  const { check, watch, env, lines, gateway } = await makeWatch(inEnv);
  env.GATEWAY_TOKEN = "s3cret-of-mine";
  const wrong = await check();
  gateway.token = env.GATEWAY_TOKEN;
  watch.accept(false);
  const right = await check();
  expect([wrong.state, right.state]).toEqual(["failing", "ok"]);
  const told = JSON.stringify([
    wrong,
    right,
    lines,
    watch.warnings,
    wrong.state === "failing" && [wrong.failure.message, wrong.failure.stack],
  ]);
  expect(told).not.toContain("s3cret");
  expect(lines).toMatchObject([{ event: "gateway.deep-check", code: "gateway-token-wrong" }]);
});

it("takes no time from a gateway that says it has run for longer than there are dates", async () => {
  const { gateway, check } = await makeWatch();
  gateway.answer = started("2026.9.6", () => 1e300);
  expect(await check()).toMatchObject({ state: "ok", gateway: { state: "live", uptimeMs: null, startedAtMs: null } });
});
