import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { Endpoint } from "../../../src/base/address.js";
import { Failure } from "../../../src/base/failure.js";
import type { LoginSpec } from "../../../src/config/tunnel-spec.js";
import { hostPattern } from "../../../src/ssh/host-keys/known-hosts.js";
import type { Person, Question } from "../../../src/ssh/person.js";
import type { ConnectContext, SshSession } from "../../../src/ssh/session.js";
import { Cleanups } from "../../support/cleanups.js";
import { startHttpService } from "../../support/http-service.js";
import { connectBySsh2, connectContext, loginTo, neverAborted } from "../../support/login.js";
import { startTcpService, type TcpService } from "../../support/tcp-service.js";
import { startTestSshd, type TestSshd, type TestSshdOptions } from "../../support/test-sshd.js";

/** One server for all tests of a file, and a folder for each of them. */
export class SharedServer {
  readonly cleanups = new Cleanups();
  #sshd: TestSshd | undefined;
  #folder = "";

  async start(): Promise<void> {
    this.#sshd = await startTestSshd();
  }

  /** Before each test. */
  begin(): void {
    this.#folder = this.cleanups.folder();
  }

  get sshd(): TestSshd {
    if (this.#sshd === undefined) throw new Error("the server is not started yet");
    return this.#sshd;
  }

  get folder(): string {
    return this.#folder;
  }

  /** A path in the folder of this test. */
  readonly at = (name: string): string => join(this.#folder, name);

  /** A session that the test need not close. */
  readonly connect = (
    changes: Partial<LoginSpec> = {},
    context: Partial<ConnectContext> = {},
    signal = neverAborted,
  ): Promise<SshSession> => connectTo(this.cleanups, this.sshd, changes, context, signal);
}

/** To be called where the tests are described that share it. */
export function useServer(): SharedServer {
  const server = new SharedServer();
  beforeAll(() => server.start());
  afterAll(() => server.sshd.dispose());
  beforeEach(() => server.begin());
  afterEach(server.cleanups.run);
  return server;
}

/** A server of the test's own. */
export async function serverFor(cleanups: Cleanups, options?: TestSshdOptions): Promise<TestSshd> {
  const server = await startTestSshd(options);
  cleanups.add(() => server.dispose());
  return server;
}

/** What listens at a port and is no SSH server, or what a session leads to. */
export async function serviceFor(cleanups: Cleanups, ...args: Parameters<typeof startTcpService>): Promise<TcpService> {
  const service = await startTcpService(...args);
  cleanups.add(() => service.close());
  return service;
}

/** A session that the test need not close. */
export async function connectTo(
  cleanups: Cleanups,
  sshd: TestSshd,
  changes: Partial<LoginSpec> = {},
  context: Partial<ConnectContext> = {},
  signal = neverAborted,
): Promise<SshSession> {
  const session = await connectBySsh2(loginTo(sshd, changes), connectContext(context), signal);
  cleanups.add(async () => {
    session.close();
    await session.ended;
  });
  return session;
}

/** What the HTTP service behind it says. */
export async function getThrough(session: SshSession, to: Endpoint): Promise<string> {
  const channel = await session.dial(to, neverAborted);
  channel.end("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const chunks: Buffer[] = [];
  channel.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(channel, "end");
  return Buffer.concat(chunks).toString();
}

/** "200 OK" when the session is one: a real service behind it answers. */
export async function statusThrough(cleanups: Cleanups, session: SshSession): Promise<string> {
  const http = await startHttpService();
  cleanups.add(() => http.close());
  return /^HTTP\/1.1 (.*)\r\n/.exec(await getThrough(session, { host: "127.0.0.1", port: http.port }))?.[1] ?? "nothing";
}

export function makeKey(path: string, args: readonly string[] = [], passphrase = ""): string {
  const type = args.includes("-t") ? [] : ["-t", "ed25519"];
  execFileSync("ssh-keygen", ["-q", ...type, ...args, "-N", passphrase, "-f", path]);
  return path;
}

/** The cheapest encryption: what is tried here is not how strong it is. */
export const quickKdf = ["-a", "1"];

export function authorize(sshd: TestSshd, keyPath: string): void {
  appendFileSync(join(sshd.dir, "authorized_keys"), readFileSync(`${keyPath}.pub`));
}

/** A person who gives these answers in turn, and then is gone. */
export interface ScriptedPerson extends Person {
  readonly questions: readonly Question[];
}

export function personWho(...answers: string[]): ScriptedPerson {
  const questions: Question[] = [];
  return {
    questions,
    ask: async (question) => {
      questions.push(question);
      const answer = answers.shift();
      if (answer === undefined) throw new Failure("needs-answer", "nobody is there any more");
      return answer;
    },
    tell: () => () => {},
    accepted: () => {},
  };
}

/** An ssh_config with a block for each server, all with its own key and known_hosts. `lines` are added to the block. */
export function writeConfig(path: string, hosts: readonly { alias: string; sshd: TestSshd; lines?: readonly string[] }[]): string {
  const blocks = hosts.map(({ alias, sshd, lines = [] }) => [
    `Host ${alias}`,
    `  HostName ${sshd.host}`,
    `  Port ${sshd.port}`,
    `  User ${sshd.user}`,
    ...lines.map((line) => `  ${line}`),
    `  IdentityFile "${sshd.clientKeyPath}"`,
    `  UserKnownHostsFile "${sshd.knownHostsPath}"`,
    "  GlobalKnownHostsFile none",
  ]);
  writeFileSync(path, `${blocks.flat().join("\n")}\n`);
  return path;
}

/** A log-in to an alias of such a file. */
export function aliasLogin(alias: string, configFile: string, changes: Partial<LoginSpec> = {}): LoginSpec {
  return {
    target: { user: null, host: alias, port: null },
    engine: "ssh2",
    configFile,
    jump: [],
    identities: [],
    options: [],
    connectTimeoutMs: 10_000,
    usesKeyring: false,
    ...changes,
  };
}

export async function connectAlias(
  cleanups: Cleanups,
  login: LoginSpec,
  context: Partial<ConnectContext> = {},
  signal = neverAborted,
): Promise<SshSession> {
  const session = await connectBySsh2(login, connectContext(context), signal);
  cleanups.add(async () => {
    session.close();
    await session.ended;
  });
  return session;
}

export function patternOf(sshd: TestSshd): string {
  return hostPattern(sshd.host, sshd.port);
}
