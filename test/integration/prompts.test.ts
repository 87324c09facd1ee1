import { readdirSync, readFileSync, statSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DaemonClient } from "../../src/api/client.js";
import type { HistoryRecord } from "../../src/api/history.js";
import { Failure } from "../../src/base/failure.js";
import { type Paths, resolvePaths } from "../../src/config/paths.js";
import type { SecretPrompt, TunnelStatus } from "../../src/tunnel/status.js";
import { Cleanups } from "../support/cleanups.js";
import { type FakeDaemon, startFakeDaemon } from "../support/fake-daemon.js";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";
import { type FakeKeyring, fakeKeyring } from "../unit/fixtures/fake-keyring.js";
import { accountOfKey, code, passphrase, secretWord } from "../unit/fixtures/questions.js";

const cleanups = new Cleanups();
let home: string;
let paths: Paths;
let daemon: FakeDaemon;
let client: DaemonClient;
let keyring: FakeKeyring;

beforeEach(async () => {
  home = cleanups.folder();
  paths = resolvePaths({ platform: process.platform, env: { CLAWTUNNEL_HOME: home }, home, user: "me" });
  keyring = fakeKeyring();
  daemon = await startFakeDaemon(paths, keyring);
  cleanups.add(daemon.close);
  client = new DaemonClient(paths.controlEndpoint);
});
afterEach(cleanups.run);

const never = new AbortController().signal;

describe("a log-in that asks", () => {
  it("has a prompt that anybody may answer over the control API, told as an event", async () => {
    const changes = follow();
    await open("web", { attended: true });
    const login = await daemon.login();
    const answer = login.person.ask(passphrase(), never);

    const { phase, prompt } = await untilPrompt("web");
    expect(phase).toBe("connecting");
    await until(() => changes.some((tunnel) => tunnel.prompt?.id === prompt.id));
    await client.answerPrompt(prompt.id, { answer: secretWord });

    expect(await answer).toBe(secretWord);
    login.open();
    await until(async () => (await tunnelNamed("web")).phase === "up");
    expect((await tunnelNamed("web")).prompt).toBeNull();
    expect(JSON.stringify(changes)).not.toContain(secretWord);
  });

  it("is held at once where nobody attends, and goes on once another tunnel has had the answer", async () => {
    await open("alone", { attended: false });
    const alone = await daemon.login();
    alone.person.ask(passphrase(), never).catch((failure: Failure) => alone.fail(failure));
    await until(async () => (await tunnelNamed("alone")).phase === "held");
    expect((await tunnelNamed("alone")).failure).toMatchObject({
      code: "needs-answer",
      recovery: "needs-user",
      hint: "Answer it in a terminal: `clawtunnel up alone`.",
    });

    await open("web", { attended: true });
    const login = await daemon.login();
    const answer = login.person.ask(passphrase(), never);
    await client.answerPrompt((await untilPrompt("web")).prompt.id, { answer: secretWord });
    await answer;
    login.open();

    await until(async () => (await tunnelNamed("alone")).phase === "connecting");
    expect(await (await daemon.login()).person.ask(passphrase(), never)).toBe(secretWord);
  });

  it("that had its answer needs nobody when it has to log in again", async () => {
    await open("web", { attended: true });
    const login = await daemon.login();
    const answer = login.person.ask(passphrase(), never);
    await client.answerPrompt((await untilPrompt("web")).prompt.id, { answer: secretWord });
    await answer;
    login.open().end(new Failure("peer-closed", "the server went away"));

    expect(await (await daemon.login()).person.ask(passphrase(), never)).toBe(secretWord);
  });

  it("is asked of who waits for a restart, and nobody else", async () => {
    await open("web", { attended: true });
    const first = await daemon.login();
    first.open();
    await until(async () => (await tunnelNamed("web")).phase === "up");

    await client.restart("web", { attended: true });
    const second = await daemon.login();
    const answer = second.person.ask(code(), never);
    const { phase, prompt } = await untilPrompt("web");
    expect([phase, prompt.purpose, prompt.isEchoed]).toEqual(["up", "code", true]);
    await client.answerPrompt(prompt.id, { answer: "123456" });
    expect(await answer).toBe("123456");
    second.open();
    await until(async () => (await tunnelNamed("web")).renewal === null);

    await client.restart("web");
    const third = await daemon.login();
    await expect(third.person.ask(code(), never)).rejects.toMatchObject({ code: "needs-answer" });
  });

  it("asks nobody at night, because `up` was said to a tunnel that stood already", async () => {
    await open("web", { attended: true });
    const session = (await daemon.login()).open();
    await until(async () => (await tunnelNamed("web")).phase === "up");
    await client.up("web", { attended: true });
    session.end();
    await expect((await daemon.login()).person.ask(passphrase(), never)).rejects.toMatchObject({ code: "needs-answer" });
  });

  it("still has the person of one terminal when a script says `up` as well", async () => {
    await open("web", { attended: true });
    const login = await daemon.login();
    await client.up("web", { attended: false });
    login.person.ask(passphrase(), never).catch(() => {});
    await untilPrompt("web");
  });

  it("may be asked more of who has accepted its host key", async () => {
    const key = {
      hostPattern: "there",
      keyType: "ssh-ed25519",
      keyBase64: null,
      fingerprint: "SHA256:abc",
      knownHostsFile: "/k",
      isHashed: false,
    };
    await open("web", { attended: true });
    (await daemon.login()).showUnknownKey(key);
    const { prompt } = await until(async () => ((await tunnelNamed("web")).phase === "held" ? tunnelNamed("web") : undefined));
    expect(prompt).toMatchObject({ kind: "host-key", fingerprint: "SHA256:abc" });

    await client.answerPrompt(prompt?.id ?? "", { accept: true, attended: true });

    const login = await daemon.login();
    expect([...login.acceptedHostKeys]).toEqual(["there SHA256:abc"]);
    login.person.ask(passphrase(), never).catch(() => {});
    await untilPrompt("web");
  });

  it("is held when the person will not answer", async () => {
    await open("web", { attended: true });
    const login = await daemon.login();
    login.person.ask(passphrase(), never).catch((failure: Failure) => login.fail(failure));
    await client.answerPrompt((await untilPrompt("web")).prompt.id, { accept: false });
    await until(async () => (await tunnelNamed("web")).failure?.code === "needs-answer");
  });

  it("is a record of `events`, with what to do", async () => {
    await open("web", { attended: true });
    const login = await daemon.login();
    login.person.ask(passphrase(), never).catch(() => {});
    await untilPrompt("web");
    const records = await readRecords();
    expect(records.filter(({ type }) => type === "prompt")).toMatchObject([
      {
        tunnel: "web",
        kind: "secret",
        text: "Enter passphrase for key '/keys/id':",
        hint: "Answer it in a terminal: `clawtunnel up web`.",
      },
    ]);
  });
});

describe("the route of answers", () => {
  it.each([
    { answer: 4711 },
    { answer: [secretWord] },
    { answer: secretWord, accept: true },
    { answer: `${secretWord}\nsecond line` },
    { answer: "x".repeat(5_000) + secretWord },
    { accept: secretWord },
    { secret: secretWord },
    [secretWord],
    secretWord,
    null,
  ])("refuses %j and does not repeat a word of it", async (body) => {
    const { status, text } = await post("/v1/prompts/0123456789abcdef", JSON.stringify(body));
    expect(status).toBe(400);
    expect(text).not.toMatch(/correct horse|4711/);
  });

  it("does not repeat what is no JSON", async () => {
    const { status, text } = await post("/v1/prompts/0123456789abcdef", `{"answer": "${secretWord}`);
    expect(status).toBe(400);
    expect(text).not.toContain("correct horse");
  });

  it("has nothing for an answer that nobody asked for", async () => {
    await expect(client.answerPrompt("0123456789abcdef", { answer: secretWord })).rejects.toMatchObject({ code: "prompt-unknown" });
  });

  it("takes a yes for no passphrase, and no answer to a notice", async () => {
    await open("web", { attended: true });
    const login = await daemon.login();
    const takeBack = login.person.tell("Confirm user presence for key");
    const notice = (await tunnelNamed("web")).prompt;
    expect(notice).toMatchObject({ kind: "notice", text: "Confirm user presence for key" });
    await expect(client.answerPrompt(notice?.id ?? "", { answer: secretWord })).rejects.toMatchObject({ code: "request-invalid" });
    takeBack();
    login.person.ask(passphrase(), never).catch(() => {});
    await expect(client.answerPrompt((await untilPrompt("web")).prompt.id, { accept: true })).rejects.toMatchObject({
      code: "request-invalid",
    });
  });
});

it("forgets everything on demand, also what the keyring has", async () => {
  await open("web", { attended: true, keyring: true });
  const login = await daemon.login();
  const answer = login.person.ask(passphrase(), never);
  await client.answerPrompt((await untilPrompt("web")).prompt.id, { answer: secretWord });
  await answer;
  login.open();
  await until(() => keyring.kept.size === 1);

  expect(await client.forget()).toEqual({ accounts: [accountOfKey], keyringFailure: null });

  expect(keyring.kept.size).toBe(0);
  await expect(login.person.ask(passphrase(), never)).rejects.toMatchObject({ code: "needs-answer" });
  expect(await client.forget()).toEqual({ accounts: [], keyringFailure: null });
});

it("leaves an answer in no file and no reply, whatever becomes of the log-in", async () => {
  await open("web", { attended: true, keyring: true });
  for (const outcome of ["repeated", "refused", "stands"] as const) {
    const login = await daemon.login();
    const answer = login.person.ask(passphrase({ isRepeated: outcome === "refused" }), never);
    const { prompt } = await untilPrompt("web");
    await client.answerPrompt(prompt.id, { answer: secretWord });
    await answer;
    await client.answerPrompt(prompt.id, { answer: secretWord }).catch(() => {});
    if (outcome === "stands") login.open();
    else login.fail(new Failure("auth-rejected", "the server refused the key"));
    await until(async () => (await tunnelNamed("web")).phase !== "connecting");
    if (outcome !== "stands") await client.up("web", { attended: true });
  }

  await until(() => keyring.kept.size === 1);
  const written = readdirSync(home, { recursive: true, encoding: "utf8" })
    .map((name) => join(home, name))
    .filter((path) => statSync(path).isFile());
  expect(written).toEqual(expect.arrayContaining([paths.logFile, paths.historyFile, paths.configFile]));
  for (const path of written) expect(readFileSync(path, "utf8"), path).not.toContain(secretWord);
  expect(readFileSync(paths.logFile, "utf8")).toContain("a person answered");
  for (const path of ["/v1/status", "/v1/logs", "/v1/history", "/metrics"]) expect(await get(path), path).not.toContain(secretWord);
  expect(JSON.stringify(await readRecords())).not.toContain(secretWord);
});

async function open(name: string, { attended, keyring: usesKeyring = false }: { attended: boolean; keyring?: boolean }): Promise<void> {
  const forwards = [{ local: `127.0.0.1:${await freePort()}`, to: "127.0.0.1:80" }];
  await client.create({ name, tunnel: { target: "me@there", forwards, ...(usesKeyring && { keyring: true }) }, attended });
}

async function tunnelNamed(name: string): Promise<TunnelStatus> {
  const found = daemon.supervisor.report().find((tunnel) => tunnel.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

function untilPrompt(name: string): Promise<TunnelStatus & { prompt: SecretPrompt }> {
  return until(async () => {
    const tunnel = await tunnelNamed(name);
    return tunnel.prompt?.kind === "secret" ? { ...tunnel, prompt: tunnel.prompt } : undefined;
  });
}

/** Each change as a client of the events sees it. */
function follow(): TunnelStatus[] {
  const changes: TunnelStatus[] = [];
  const life = new AbortController();
  cleanups.add(async () => life.abort());
  void (async () => {
    for await (const { tunnel } of client.events(life.signal)) changes.push(tunnel);
  })();
  return changes;
}

async function readRecords(): Promise<HistoryRecord[]> {
  const records: HistoryRecord[] = [];
  const life = new AbortController();
  for await (const record of client.records(0, life.signal)) {
    records.push(record);
    if (record.type === "prompt" || record.type === "health") break;
  }
  life.abort();
  return records;
}

function post(path: string, body: string): Promise<{ status: number; text: string }> {
  return exchange("POST", path, body);
}

async function get(path: string): Promise<string> {
  return (await exchange("GET", path)).text;
}

function exchange(method: string, path: string, body?: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(
      { socketPath: paths.controlEndpoint, method, path, agent: false, headers: { host: "localhost" } },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    asked.once("error", reject);
    asked.end(body);
  });
}
