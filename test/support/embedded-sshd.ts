import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CutAnswer, Order, StartAnswer, StartRequest } from "../../src/demo/server-process.js";
import { generateEd25519Key } from "../../src/ssh/keys/generate-key.js";
import { freePort } from "./sshd.js";
import type { TestSshd, TestSshdOptions } from "./test-sshd.js";

const program = fileURLToPath(new URL("../../dist/demo/server-process.js", import.meta.url));

/** The demo's SSH server in a process of its own, behind the same interface as the real sshd. Needs `npm run build`. */
export async function startEmbeddedSshd(options: TestSshdOptions = {}): Promise<TestSshd> {
  if (options.extraConfig !== undefined || options.authorizedKeysOptions !== undefined) {
    throw new Error("the embedded server knows no sshd_config and no authorized_keys options; this test needs OpenSSH's sshd");
  }
  if (!existsSync(program)) throw new Error("the embedded server is not built: run `npm run build`");
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "clawtunnel-embedded-"));
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const port = options.port ?? (await freePort());
  const clientKeyPath = join(dir, "client_key");
  const hostKeyPath = join(dir, "host_key");
  const knownHostsPath = join(dir, "known_hosts");
  makeKey(clientKeyPath);
  makeKey(hostKeyPath);
  const hostKeyPublic = () => readFileSync(`${hostKeyPath}.pub`, "utf8").split(" ", 2).join(" ").trim();
  writeFileSync(knownHostsPath, `[127.0.0.1]:${port} ${hostKeyPublic()}\n`);

  let log = "";
  let server: ChildProcess | undefined;

  const start = async () => {
    if (server?.connected) return;
    const child = fork(program, { execArgv: [], stdio: ["ignore", "pipe", "pipe", "ipc"] });
    server = child;
    for (const output of [child.stdout, child.stderr]) {
      output?.setEncoding("utf8").on("data", (text: string) => {
        log += text;
      });
    }
    const request: StartRequest = {
      authorizedKey: readFileSync(`${clientKeyPath}.pub`, "utf8"),
      sshPort: port,
      hostKey: readFileSync(hostKeyPath, "utf8"),
    };
    await ask<StartAnswer>(child, request, () => log);
  };

  const stop = async () => {
    const child = server;
    server = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.send({ do: "close" } satisfies Order);
    await exited;
  };

  await start();
  return {
    port,
    host: "127.0.0.1",
    user: userInfo().username,
    dir,
    clientKeyPath,
    hostKeyPath,
    get hostKeyPublic() {
      return hostKeyPublic();
    },
    knownHostsPath,
    countSessions: () => {
      throw new Error("the embedded server does not count its sessions");
    },
    killFrozenSessions: () => Promise.reject(new Error("the embedded server has no frozen session")),
    freezeSessions: () => Promise.reject(new Error("the embedded server cannot freeze a session")),
    killSessions: async () => {
      if (server === undefined) return 0;
      return (await ask<CutAnswer>(server, { do: "cut" } satisfies Order, () => log)).cut;
    },
    stop,
    start,
    replaceHostKey: async () => {
      const wasRunning = server !== undefined;
      await stop();
      rmSync(hostKeyPath);
      makeKey(hostKeyPath);
      if (wasRunning) await start();
    },
    log: () => log,
    dispose: async () => {
      await stop();
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}

function makeKey(path: string): void {
  if (existsSync(path)) return;
  const pair = generateEd25519Key();
  writeFileSync(path, pair.private, { mode: 0o600 });
  writeFileSync(`${path}.pub`, `${pair.public} clawtunnel-test\n`);
}

function ask<Answer>(child: ChildProcess, message: StartRequest | Order, log: () => string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error(`the embedded server ended:\n${log()}`));
    child.once("exit", onExit);
    child.once("message", (answer) => {
      child.off("exit", onExit);
      resolve(answer as Answer);
    });
    child.send(message);
  });
}
