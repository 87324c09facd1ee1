import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { afterAll, afterEach } from "vitest";
import type { Endpoint } from "../../../src/base/address.js";
import { createOpensshEngine } from "../../../src/ssh/openssh/engine.js";
import type { Person, Question } from "../../../src/ssh/person.js";
import type { HostEngine, HostSession } from "../../../src/ssh/session.js";
import { ssh2Engine } from "../../../src/ssh/ssh2/engine.js";
import { neverAborted } from "../../support/login.js";
import { hasSsh } from "../../support/ssh-client.js";
import { SshScene } from "../../support/ssh-scene.js";
import { sshdKind } from "../../support/test-sshd.js";

/** The suite asks for what only OpenSSH's sshd can be told. */
export const hasRealServer = sshdKind() === "openssh" && hasSsh;

const opensshFolder = mkdtempSync(join(tmpdir(), "clawtunnel-openssh-"));
afterAll(() => rmSync(opensshFolder, { recursive: true, force: true }));

/** Both engines, each with its name, for `describe.each`. */
export const engines: readonly (readonly [string, HostEngine])[] = [
  ["ssh2", ssh2Engine],
  ["openssh", createOpensshEngine({ stateDir: join(opensshFolder, "state"), runtimeDir: join(opensshFolder, "run") })],
];

export class Scene extends SshScene {
  constructor(engine: HostEngine) {
    super(() => engine);
  }
}

/** To be called where the tests are described: what each of them starts is taken down after it. */
export function useScene(engine: HostEngine): Scene {
  const scene = new Scene(engine);
  afterEach(scene.cleanups.run);
  return scene;
}

/** Answers as the test says, and remembers what was asked. */
export function personWho(answer: (question: Question) => string): Person & { readonly asked: Question[] } {
  const asked: Question[] = [];
  return {
    asked,
    ask: async (question) => {
      asked.push(question);
      return answer(question);
    },
    tell: () => () => {},
    accepted: () => {},
  };
}

export function dial(session: HostSession, to: Endpoint | number): Promise<Duplex> {
  return session.dial(typeof to === "number" ? { host: "127.0.0.1", port: to } : to, neverAborted);
}

/** Everything that comes until the other side ends. */
export async function readAll(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.resume();
  await once(stream, "end");
  return Buffer.concat(chunks);
}

export function publicHalf(keyPath: string): string {
  return readFileSync(`${keyPath}.pub`, "utf8").split(" ", 2).join(" ");
}
