import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Prompt } from "ssh2";
import { afterEach, describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import type { Person, Question } from "../../../src/ssh/person.js";
import { resolveHost } from "../../../src/ssh/resolve/resolve-host.js";
import type { ConnectContext, UnknownHostKey } from "../../../src/ssh/session.js";
import { type AskingSshd, askRound, startAskingSshd } from "../../support/asking-sshd.js";
import { connectContext, knownHostsOptions, neverAborted } from "../../support/login.js";
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
      acceptedHostKeys: new Set([fingerprint]),
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
  const server = await startAskingSshd(async (asked, tries) => {
    if (asked.method !== "keyboard-interactive" || tries.length > 2) return asked.reject(["keyboard-interactive"]);
    answers.push(...(await askRound(asked, prompts)));
    asked.reject(["keyboard-interactive"]);
  }, banner);
  scene.cleanups.add(() => server.close());
  const knownHosts = join(scene.cleanups.folder(), "known_hosts");
  writeFileSync(knownHosts, `[127.0.0.1]:${server.port} ${server.hostKeyPublic}\n`);
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
  const login = {
    target: { user: "me", host: "127.0.0.1", port: server.port },
    engine: "openssh" as const,
    configFile: "none",
    jump: [],
    identities: [],
    options: [...knownHostsOptions([knownHosts]), "PreferredAuthentications=keyboard-interactive", "NumberOfPasswordPrompts=1"],
    connectTimeoutMs: 10_000,
    usesKeyring: false,
  };
  const host = await resolveHost(login, neverAborted);
  const connecting = scene.engine().connect(host, login, connectContext({ person, ...context }), neverAborted);
  const failure = await connecting.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(Failure);
  return { server, questions, told, answers, failure };
}
