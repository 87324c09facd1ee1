import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AuthContext } from "ssh2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LoginSpec } from "../../../src/config/tunnel-spec.js";
import { generateEd25519Key } from "../../../src/ssh/keys/generate-key.js";
import { nobody } from "../../../src/ssh/person.js";
import { type AskingSshd, askRound, type Judge, startAskingSshd } from "../../support/asking-sshd.js";
import { Cleanups } from "../../support/cleanups.js";
import { connectBySsh2, connectContext, knownHostsOptions, neverAborted } from "../../support/login.js";
import { personWho } from "./scene.js";

const cleanups = new Cleanups();
let folder: string;
let keyPath: string;

beforeEach(() => {
  folder = cleanups.folder();
  keyPath = join(folder, "key");
  writeFileSync(keyPath, generateEd25519Key().private, { mode: 0o600 });
});
afterEach(cleanups.run);

const isPassword = (context: AuthContext, password: string) => context.method === "password" && context.password === password;

describe("a password", () => {
  it("that a person gives logs in, after the server has said that it takes one", async () => {
    const server = await serverThat((context) => (isPassword(context, "secret") ? context.accept() : context.reject(["password"])));
    const person = personWho("secret");
    await connect(server, { person });
    expect(server.tries).toEqual(["none", "password"]);
    expect(person.questions).toEqual([
      { kind: "password", subject: account(server), text: "me@127.0.0.1's password:", isEchoed: false, isRepeated: false },
    ]);
  });

  it("is asked for again when it was wrong, as a repeated question, until NumberOfPasswordPrompts", async () => {
    const server = await serverThat((context) => context.reject(["password"]));
    const person = personWho("a", "b", "c", "d", "e");
    await expect(connect(server, { person })).rejects.toMatchObject({
      code: "auth-rejected",
      message: expect.stringMatching(/refused the password, the password, the password; it accepts password/),
    });
    expect(person.questions.map(({ isRepeated }) => isRepeated)).toEqual([false, true, true]);
  });

  it("is tried once when only a memory answers, and then it takes a person", async () => {
    const server = await serverThat((context) => context.reject(["password"]));
    await expect(connect(server, { person: personWho("remembered") })).rejects.toMatchObject({
      code: "needs-answer",
      message: expect.stringContaining("refused the password"),
    });
    expect(server.tries).toEqual(["none", "password"]);
  });

  it("is not asked for when the server takes none", async () => {
    const server = await serverThat((context) => context.reject(["publickey"]));
    const person = personWho("secret");
    await expect(connect(server, { person })).rejects.toMatchObject({ code: "no-credentials" });
    expect(person.questions).toEqual([]);
  });

  it("is not asked for when the user switched it off", async () => {
    const server = await serverThat((context) => context.reject(["password", "keyboard-interactive"]));
    const person = personWho("secret");
    const options = ["PasswordAuthentication=no", "KbdInteractiveAuthentication=no"];
    await expect(connect(server, { person, options })).rejects.toMatchObject({ recovery: "needs-user" });
    expect(person.questions).toEqual([]);
  });

  it("that nobody is there to give is needs-answer, with the keys that were refused before", async () => {
    const server = await serverThat((context) => context.reject(["publickey", "password"]));
    await expect(connect(server, { person: nobody, identities: [keyPath] })).rejects.toMatchObject({
      code: "needs-answer",
      message: expect.stringContaining(`refused ${keyPath}`),
    });
  });

  it("that has expired is not waited for", async () => {
    const server = await serverThat((context) => {
      if (context.method === "password") context.requestChange("Choose another", () => {});
      else context.reject(["password"]);
    });
    await expect(connect(server, { person: personWho("old") })).rejects.toMatchObject({
      code: "auth-rejected",
      message: expect.stringContaining("new password"),
    });
  });
});

describe("keyboard-interactive", () => {
  it("goes through several rounds of several prompts, each a question with what the server says to it", async () => {
    const heard: string[][] = [];
    const server = await serverThat(async (context) => {
      if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
      heard.push(await askRound(context, [{ prompt: "Password: ", echo: false }], "", "Log in first"));
      heard.push(
        await askRound(context, [
          { prompt: "Code: ", echo: false },
          { prompt: "Where are you? ", echo: true },
        ]),
      );
      context.accept();
    });
    const person = personWho("secret", "123456", "home");
    await connect(server, { person });
    expect(heard).toEqual([["secret"], ["123456", "home"]]);
    const subject = account(server);
    expect(person.questions).toEqual([
      { kind: "password", subject, text: "Log in first\nPassword:", isEchoed: false, isRepeated: false },
      { kind: "code", subject, text: "Code:", isEchoed: false, isRepeated: false },
      { kind: "code", subject, text: "Where are you?", isEchoed: true, isRepeated: false },
    ]);
  });

  it("that nobody answers has no line of the server's own in what is said of it", async () => {
    const server = await serverThat((context) => {
      if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
      void askRound(context, [{ prompt: "Enter passphrase for key '/k': ", echo: false }], "", "\u001b[2J\n\n");
    });
    await expect(connect(server, { person: nobody })).rejects.toMatchObject({
      code: "needs-answer",
      message: expect.stringMatching(/^the log-in asks .*Enter passphrase/),
    });
  });

  it("asks anew when the answers were wrong, and the person sees that it does", async () => {
    const server = await serverThat(async (context) => {
      if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
      const [code] = await askRound(context, [{ prompt: "Code:", echo: false }]);
      return code === "right" ? context.accept() : context.reject(["keyboard-interactive"]);
    });
    const person = personWho("wrong", "right");
    await connect(server, { person });
    expect(person.questions.map(({ isRepeated }) => isRepeated)).toEqual([false, true]);
  });

  it("is tried once where the server offers it and asks nothing", async () => {
    const server = await serverThat((context) => context.reject(["keyboard-interactive"]));
    await expect(connect(server, { person: personWho("x") })).rejects.toMatchObject({ recovery: "needs-user" });
    expect(server.tries).toEqual(["none", "keyboard-interactive"]);
  });

  it("comes before the password, as PreferredAuthentications has it, or after", async () => {
    const server = await serverThat((context) => context.reject(["keyboard-interactive", "password"]));
    await expect(connect(server, { person: personWho() })).rejects.toMatchObject({ recovery: "needs-user" });
    await expect(
      connect(server, { person: personWho(), options: ["PreferredAuthentications=password,keyboard-interactive"] }),
    ).rejects.toMatchObject({ code: "needs-answer" });
    expect(server.tries).toEqual(["none", "keyboard-interactive", "none"]);
  });

  it("follows a key that the server accepts and finds not enough", async () => {
    const server = await serverThat(async (context) => {
      if (context.method === "publickey") {
        if (context.signature === undefined) return context.accept();
        return context.reject(["keyboard-interactive"], true);
      }
      if (context.method !== "keyboard-interactive") return context.reject(["publickey"]);
      const [code] = await askRound(context, [{ prompt: "Code:", echo: false }]);
      return code === "right" ? context.accept() : context.reject(["keyboard-interactive"]);
    });
    await connect(server, { person: personWho("right"), identities: [keyPath] });
    await expect(connect(server, { person: personWho("w", "w", "w"), identities: [keyPath] })).rejects.toMatchObject({
      code: "auth-rejected",
      message: expect.stringMatching(/accepted .*key but wants more: keyboard-interactive; it refused the answers/),
    });
    await expect(connect(server, { person: nobody, identities: [keyPath] })).rejects.toMatchObject({
      code: "needs-answer",
      message: expect.stringMatching(/accepted .*key; the log-in asks "Code:"/),
    });
  });
});

it("logs in without a question where the server asks for nothing", async () => {
  const server = await serverThat((context) => context.accept());
  await connect(server, { person: personWho() });
  expect(server.tries).toEqual(["none"]);
});

it("stops asking when the server ends the log-in meanwhile", async () => {
  const server = await serverThat((context) => context.reject(["password"]));
  let asked: AbortSignal | undefined;
  const person = {
    ...personWho(),
    ask: (_question: unknown, signal: AbortSignal) => {
      asked = signal;
      server.close();
      return new Promise<string>(() => {});
    },
  };
  await expect(connect(server, { person })).rejects.toMatchObject({ recovery: "retry" });
  expect(asked?.aborted).toBe(true);
});

it("gives a server whose host key has changed no password, even where StrictHostKeyChecking is no", async () => {
  const server = await serverThat((context) => context.reject(["password", "keyboard-interactive", "publickey"]));
  const other = generateEd25519Key().public.split(" ", 2).join(" ");
  const person = personWho("secret");
  await expect(connect(server, { person, hostKey: other, options: ["StrictHostKeyChecking=no"] })).rejects.toMatchObject({
    recovery: "needs-user",
  });
  expect(person.questions).toEqual([]);
  expect(server.tries).not.toContain("password");
});

interface Wishes {
  readonly person: ReturnType<typeof personWho> | typeof nobody;
  readonly options?: readonly string[];
  readonly identities?: readonly string[];
  readonly hostKey?: string;
}

async function connect(
  server: AskingSshd,
  { person, options = [], identities = [], hostKey = server.hostKeyPublic }: Wishes,
): Promise<void> {
  const knownHosts = join(folder, "known_hosts");
  writeFileSync(knownHosts, `[127.0.0.1]:${server.port} ${hostKey}\n`);
  const login: LoginSpec = {
    target: { user: "me", host: "127.0.0.1", port: server.port },
    engine: "ssh2",
    configFile: "none",
    jump: [],
    identities,
    // No key of this machine is to take part.
    options: [...options, ...knownHostsOptions([knownHosts]), ...(identities.length > 0 ? [] : ["IdentityFile=none"])],
    connectTimeoutMs: 5_000,
    usesKeyring: false,
  };
  const session = await connectBySsh2(login, connectContext({ person }), neverAborted);
  cleanups.add(async () => {
    session.close();
    await session.ended;
  });
}

async function serverThat(judge: Judge): Promise<AskingSshd> {
  const server = await startAskingSshd(judge);
  cleanups.add(() => server.close());
  return server;
}

function account(server: AskingSshd): string {
  return `me@127.0.0.1:${server.port}`;
}
