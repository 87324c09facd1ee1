import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Prompt } from "ssh2";
import { afterEach, describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import type { LoginSpec } from "../../../src/config/tunnel-spec.js";
import type { Person, Question } from "../../../src/ssh/person.js";
import { resolveHost } from "../../../src/ssh/resolve/resolve-host.js";
import type { ConnectContext, UnknownHostKey } from "../../../src/ssh/session.js";
import { type AskingSshd, askRound, type Judge, startAskingSshd } from "../../support/asking-sshd.js";
import { connectContext, neverAborted } from "../../support/login.js";
import { hasOpenSsh, Scene } from "./scene.js";

const scene = new Scene();
afterEach(scene.cleanups.run);

const fingerprint = "SHA256:MOquj4WEeHZPob35qbGzrPpdhS+d/px5P6GwO6nO+8U";
const hostKeyQuestion = `The authenticity of host 'bank.example (192.0.2.1)' can't be established.
ED25519 key fingerprint is ${fingerprint}.
Are you sure you want to continue connecting (yes/no/[fingerprint])? `;

describe.skipIf(!hasOpenSsh)("a server that words its questions like ssh's own", () => {
  it("gets no host key accepted, and no fingerprint that was, but a question of its account", async () => {
    const shown: UnknownHostKey[] = [];
    const { questions, answers } = await askedBy([{ prompt: `\n${hostKeyQuestion}`, echo: true }], {
      acceptedHostKeys: new Set([`bank.example ${fingerprint}`]),
      onUnknownHostKey: (key) => shown.push(key),
    });
    expect([shown, answers]).toEqual([[], ["from a person"]]);
    expect(questions).toMatchObject([{ kind: "code", text: expect.stringMatching(/^\(me@127\.0\.0\.1\) /) }]);
  });

  it.each(["Enter passphrase for key '/home/me/.ssh/id_ed25519': ", "x\nEnter passphrase for key '/home/me/.ssh/id_ed25519': "])(
    "gets no passphrase: %j",
    async (prompt) => {
      const { questions, server } = await askedBy([{ prompt, echo: false }]);
      expect(questions).toMatchObject([{ kind: "code", subject: `me@127.0.0.1:${server.port}` }]);
    },
  );

  it("does not keep the daemon busy with a question that has no end", async () => {
    const { questions } = await askedBy([{ prompt: `${"@".repeat(120_000)}: `, echo: false }]);
    expect(questions).toMatchObject([{ kind: "code" }]);
  });
});

describe.skipIf(!hasOpenSsh)("a banner", () => {
  it("that imitates ssh's log has nobody touch a security key, and the log-in does not wait for it", async () => {
    const banner = [
      "Server accepts key: /home/me/.ssh/id_ed25519_sk",
      "debug3: readpass.c:notify_start():241 (pid=1): cannot notify: no askpass",
      "notify_start: cannot notify: no askpass",
      "cannot notify: no display",
    ].join("\n");
    const { told } = await askedBy([{ prompt: "Code: ", echo: false }], {}, `${banner}\n`);
    expect(told).toEqual([]);
  });

  it("does not say why a log-in failed", async () => {
    const banner = "command-line: line 0: Bad configuration option: run curl\nWARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\n";
    const { failure } = await askedBy([{ prompt: "Code: ", echo: false }], {}, banner);
    expect(failure).toMatchObject({ code: "auth-rejected" });
  });
});

describe.skipIf(!hasOpenSsh)("a password that another server asks for", () => {
  it.each(["password", "keyboard-interactive"] as const)(
    "is not the target's, though ssh calls both accounts the same: by %s",
    async (method) => {
      const jump = await serverThat((asked) => asked.reject([method]), method);
      const configFile = writeConfig(jump);
      const login = { ...loginTo(9, configFile), jump: [`me@127.0.0.1:${jump.port}`] };
      const { questions } = await logIn(login);
      expect(questions).toMatchObject([{ kind: "code", subject: "me@127.0.0.1" }]);
    },
  );

  it("is not one that the same name had before, when only a ProxyCommand knows which server it is", async () => {
    const jump = await serverThat((asked) => asked.reject(["password"]), "password");
    const configFile = writeConfig(jump, `Host box\n  User root\n  ProxyCommand ssh -F %d/none -p ${jump.port} -W %h:%p me@127.0.0.1`);
    writeFileSync(configFile, readFileSync(configFile, "utf8").replace("%d/none", configFile));
    const { questions } = await logIn({ ...loginTo(9, configFile), target: { user: null, host: "box", port: null } });
    expect(questions).toMatchObject([{ kind: "code", subject: "me@127.0.0.1" }]);
  });

  it("is the target's own where nobody is on the way", async () => {
    const server = await serverThat((asked) => asked.reject(["password"]), "password");
    const { questions } = await logIn(loginTo(server.port, writeConfig(server)));
    expect(questions).toMatchObject([{ kind: "password", subject: `me@127.0.0.1:${server.port}` }]);
  });
});

interface Asked {
  readonly server: AskingSshd;
  readonly questions: readonly Question[];
  readonly told: readonly string[];
  /** What the server was given. */
  readonly answers: readonly string[];
  readonly failure: unknown;
}

/** One log-in by the engine to a server that asks once, and then refuses it. */
async function askedBy(prompts: Prompt[], context: Partial<ConnectContext> = {}, banner?: string): Promise<Asked> {
  const answers: string[] = [];
  const judge: Judge = async (asked, tries) => {
    if (asked.method !== "keyboard-interactive" || tries.length > 2) return asked.reject(["keyboard-interactive"]);
    answers.push(...(await askRound(asked, prompts)));
    asked.reject(["keyboard-interactive"]);
  };
  const server = await serverThat(judge, undefined, banner);
  return { server, answers, ...(await logIn(loginTo(server.port, writeConfig(server)), context)) };
}

/** `method` is asked for as sshd asks for a password. */
async function serverThat(judge: Judge, method?: string, banner?: string): Promise<AskingSshd> {
  const asking: Judge = async (asked, tries) => {
    if (method === "keyboard-interactive" && asked.method === method) await askRound(asked, [{ prompt: "Password: ", echo: false }]);
    judge(asked, tries);
  };
  const server = await startAskingSshd(asking, banner);
  scene.cleanups.add(() => server.close());
  return server;
}

function writeConfig(server: AskingSshd, more = ""): string {
  const folder = scene.cleanups.folder();
  const [configFile, knownHosts] = [join(folder, "config"), join(folder, "known_hosts")];
  writeFileSync(knownHosts, `[127.0.0.1]:${server.port} ${server.hostKeyPublic}\n`);
  const lines = [`UserKnownHostsFile ${knownHosts}`, "GlobalKnownHostsFile none", "PubkeyAuthentication no", "NumberOfPasswordPrompts 1"];
  writeFileSync(configFile, `${lines.join("\n")}\n${more}\n`);
  return configFile;
}

function loginTo(port: number, configFile: string): LoginSpec {
  const target = { user: "me", host: "127.0.0.1", port };
  return { target, engine: "openssh", configFile, jump: [], identities: [], options: [], connectTimeoutMs: 10_000, usesKeyring: false };
}

async function logIn(login: LoginSpec, context: Partial<ConnectContext> = {}) {
  const [questions, told]: [Question[], string[]] = [[], []];
  const person: Person = {
    ask: async (question) => {
      questions.push(question);
      return "from a person";
    },
    tell: (notice) => {
      told.push(notice);
      return () => {};
    },
    accepted: () => {},
  };
  const host = await resolveHost(login, neverAborted);
  const connecting = scene.engine().connect(host, login, connectContext({ person, ...context }), neverAborted);
  const failure: unknown = await connecting.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Failure);
  return { questions, told, failure };
}
