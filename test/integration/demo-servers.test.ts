import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import ssh2, { type Client, type ClientChannel } from "ssh2";
import { afterEach, describe, expect, it } from "vitest";
import { startGateway } from "../../src/demo/gateway.js";
import type { StartAnswer, StartRequest } from "../../src/demo/server-process.js";
import { startSshServer } from "../../src/demo/ssh-server.js";
import { generateEd25519Key } from "../../src/ssh/keys/generate-key.js";
import { startEmbeddedSshd } from "../support/embedded-sshd.js";
import { startHttpService } from "../support/http-service.js";
import { findSshd, freePort, startSshd } from "../support/sshd.js";
import { sshdKind, startTestSshd, type TestSshd, type TestSshdOptions } from "../support/test-sshd.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const kinds: { name: string; isMissing: boolean; start: (options?: TestSshdOptions) => Promise<TestSshd> }[] = [
  { name: "OpenSSH's sshd", isMissing: sshdKind() !== "openssh", start: startSshd },
  { name: "the embedded server", isMissing: false, start: startEmbeddedSshd },
];

describe("the stand-in gateway", () => {
  it("answers its probes and shows its page everywhere else", async () => {
    const { url } = await gateway();
    for (const path of ["/healthz", "/health"]) expect(await (await fetch(url + path)).json()).toEqual({ ok: true, status: "live" });
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: true });
    expect(await (await fetch(`${url}/hello`)).text()).toBe("hello from behind the tunnel\n");
    for (const path of ["/", "/startupz?x=1"]) expect(await (await fetch(url + path)).text()).toContain("<title>OpenClaw Control</title>");
    const head = await fetch(`${url}/healthz`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await fetch(`${url}/healthz`, { method: "POST" })).status).toBe(405);
  });

  it.each(["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP"])(
    "refuses a request with %s, whatever its path",
    async (header) => {
      const { url } = await gateway();
      for (const path of ["/healthz", "/", "/hello"]) {
        const response = await fetch(url + path, { headers: { [header]: "for=192.0.2.1" } });
        expect(response.status).toBe(403);
        expect(await response.json()).toMatchObject({ error: { type: "proxy_attribution_required" } });
      }
    },
  );
});

describe("the demo's SSH server in this process", () => {
  it("lets in the one key, whatever the user name, and keeps a host key it was given", async () => {
    const { key, server, client } = await embeddedLogin();
    expect(await get(client, (await service()).port)).toContain("ok\n");
    const again = await startSshServer({ authorizedKey: key.public, hostKey: server.hostKeyPrivate });
    cleanups.push(() => again.close());
    expect(again.hostKeyPublic).toBe(server.hostKeyPublic);
  });

  it("refuses another key, and every other method", async () => {
    const { server } = await embeddedLogin();
    const other = generateEd25519Key().private;
    await expect(login({ port: server.port, privateKey: other })).rejects.toThrow(/authentication methods failed/);
    await expect(login({ port: server.port, password: "secret" })).rejects.toThrow(/authentication methods failed/);
  });

  it("answers a global request it does not know with a failure", async () => {
    const { client } = await embeddedLogin();
    const answer = await new Promise((resolve) => client.unforwardIn("127.0.0.1", 1, resolve));
    expect(answer).toBeInstanceOf(Error);
  });

  it("exits 0 from whatever it is asked to run", async () => {
    const { client } = await embeddedLogin();
    const channel = await new Promise<ClientChannel>((resolve, reject) => {
      client.exec("no-such-command", (error, opened) => (error === undefined ? resolve(opened) : reject(error)));
    });
    channel.resume();
    expect((await once(channel, "close"))[0]).toBe(0);
  });

  it("refuses the channel when nothing listens at its destination", async () => {
    const { client } = await embeddedLogin();
    await expect(dial(client, await freePort())).rejects.toMatchObject({ reason: 2 });
  });

  it("ends every session when it cuts them, and those only once", async () => {
    const { server, client } = await embeddedLogin();
    const closed = closeOf(client);
    expect(server.cutSessions()).toBe(1);
    expect(server.cutSessions()).toBe(0);
    await closed;
  });

  it("lets go of the service when the client resets the channel or vanishes", async () => {
    const { client } = await embeddedLogin();
    const { port, sockets } = await rawService((socket) => {
      // Half-closed is not let go: only a peer that is gone makes these writes fail.
      const talk = () => socket.write("?", (error) => error ?? setImmediate(talk));
      socket.resume().once("end", talk);
    });
    for (const leave of [(channel: ClientChannel) => channel.close(), () => client.destroy()]) {
      const channel = await dial(client, port);
      channel.on("error", () => {}).write("x");
      await expect.poll(() => sockets.size).toBe(1);
      leave(channel);
      await expect.poll(() => sockets.size).toBe(0);
    }
  });
});

describe.each(kinds)("$name", ({ isMissing, start }) => {
  describe.skipIf(isMissing)("behind the test harness", () => {
    it("carries an HTTP answer to a client that knows its host key", async () => {
      const sshd = await started(start);
      const http = await service();
      expect(await get(await loginTo(sshd), http.port)).toContain("ok\n");
      expect(http.counters).toMatchObject({ connections: 1, requests: 1 });
      expect(readFileSync(sshd.knownHostsPath, "utf8")).toBe(`[127.0.0.1]:${sshd.port} ${sshd.hostKeyPublic}\n`);
    });

    it("gives a client that has said its last word the whole reply", async () => {
      const client = await loginTo(await started(start));
      const reply = "y".repeat(200_000);
      const { port } = await rawService((socket) => socket.resume().once("end", () => socket.end(reply)));
      const channel = await dial(client, port);
      channel.end("that is all");
      expect(await readAll(channel)).toBe(reply);
    });

    it("goes on listening to a client after the service has said its last word", async () => {
      const client = await loginTo(await started(start));
      const heard: Promise<string>[] = [];
      const { port } = await rawService((socket) => {
        heard.push(readAll(socket));
        socket.end("z".repeat(3_000_000));
      });
      const channel = await dial(client, port);
      expect(await readAll(channel)).toHaveLength(3_000_000);
      channel.end("w".repeat(200_000));
      expect(await heard[0]).toHaveLength(200_000);
    });

    it("refuses a key it was not given", async () => {
      const sshd = await started(start);
      const privateKey = generateEd25519Key().private;
      await expect(login({ port: sshd.port, username: sshd.user, privateKey })).rejects.toThrow(/authentication methods failed/);
    });

    it("kills its sessions and goes on serving", async () => {
      const sshd = await started(start);
      expect(await sshd.killSessions()).toBe(0);
      const clients = [await loginTo(sshd), await loginTo(sshd)];
      const closed = clients.map(closeOf);
      expect(await sshd.killSessions()).toBe(2);
      await Promise.all(closed);
      expect(await sshd.killSessions()).toBe(0);
      await loginTo(sshd);
    });

    it("ends its sessions when it stops, and returns to the same port with the same host key", async () => {
      const sshd = await started(start);
      const before = sshd.hostKeyPublic;
      const closed = closeOf(await loginTo(sshd));
      await sshd.stop();
      await closed;
      await expect(login({ port: sshd.port })).rejects.toMatchObject({ code: "ECONNREFUSED" });
      await sshd.start();
      await loginTo(sshd);
      expect(sshd.hostKeyPublic).toBe(before);
    });

    it("shows another host key after a replacement, which known_hosts does not have", async () => {
      const sshd = await started(start);
      const before = sshd.hostKeyPublic;
      await sshd.replaceHostKey();
      expect(sshd.hostKeyPublic).not.toBe(before);
      await loginTo(sshd);
      expect(readFileSync(sshd.knownHostsPath, "utf8")).toContain(before);
    });

    it.skipIf(spawnSync("ssh", ["-V"]).error !== undefined)("serves `ssh -N -L`, which ends when its session is killed", async () => {
      const sshd = await started(start);
      const { port } = await gateway();
      const localPort = await freePort();
      const ssh = openSsh(sshd, [`-L127.0.0.1:${localPort}:127.0.0.1:${port}`]);
      const exited = once(ssh, "exit");
      await untilListening(localPort, ssh);
      expect(await (await fetch(`http://127.0.0.1:${localPort}/hello`)).text()).toBe("hello from behind the tunnel\n");
      expect(await sshd.killSessions()).toBe(1);
      expect((await exited)[0]).toBe(255);
    });
  });
});

describe.skipIf(findSshd() === undefined || sshdKind() !== "openssh")("OpenSSH's own options", () => {
  it("reach sshd and the key's line", async () => {
    const sshd = await started(startSshd, {
      extraConfig: ["LogLevel DEBUG1", "Match all", "  PermitTunnel no"],
      authorizedKeysOptions: "restrict",
    });
    const client = await loginTo(sshd);
    await expect(dial(client, (await service()).port)).rejects.toMatchObject({ reason: 1 });
    expect(sshd.log()).toContain("debug1:");
  });
});

describe("the demo's server process", () => {
  it("serves a gateway behind an SSH server until its parent lets go of it", async () => {
    const child = fork(fileURLToPath(new URL("../../dist/demo/server-process.js", import.meta.url)), { execArgv: [] });
    cleanups.push(() => child.kill());
    const key = generateEd25519Key();
    child.send({ authorizedKey: key.public } satisfies StartRequest);
    const [answer] = (await once(child, "message")) as [StartAnswer];
    const client = await login({ port: answer.sshPort, privateKey: key.private, hostKey: answer.hostKeyPublic });
    expect(await get(client, answer.gatewayPort)).toContain("<title>OpenClaw Control</title>");
    const exited = once(child, "exit");
    child.disconnect();
    expect(await exited).toEqual([0, null]);
  });
});

describe("startTestSshd", () => {
  it("starts what is there", async () => {
    await loginTo(await started(startTestSshd));
  });
});

interface Login {
  readonly port: number;
  readonly username?: string;
  readonly privateKey?: string;
  readonly password?: string;
  readonly hostKey?: string;
}

async function login({ hostKey, ...options }: Login): Promise<Client> {
  // ssh2 may speak of one broken line several times.
  const client = new ssh2.Client().on("error", () => {});
  cleanups.push(() => client.destroy());
  const ready = once(client, "ready");
  client.connect({
    host: "127.0.0.1",
    username: "anyone",
    hostVerifier: (key: Buffer) => hostKey === undefined || hostKey.split(" ")[1] === key.toString("base64"),
    ...options,
  });
  await ready;
  return client;
}

/** `once` would reject with what the client may say of its broken line on the way. */
function closeOf(client: Client): Promise<void> {
  return new Promise((resolve) => void client.once("close", () => resolve()));
}

function loginTo(sshd: TestSshd): Promise<Client> {
  const privateKey = readFileSync(sshd.clientKeyPath, "utf8");
  return login({ port: sshd.port, username: sshd.user, privateKey, hostKey: sshd.hostKeyPublic });
}

async function embeddedLogin() {
  const key = generateEd25519Key();
  const server = await startSshServer({ authorizedKey: key.public });
  cleanups.push(() => server.close());
  const client = await login({ port: server.port, privateKey: key.private, hostKey: server.hostKeyPublic });
  return { key, server, client };
}

async function started(start: (options?: TestSshdOptions) => Promise<TestSshd>, options?: TestSshdOptions): Promise<TestSshd> {
  const sshd = await start(options);
  cleanups.push(() => sshd.dispose());
  return sshd;
}

async function gateway() {
  const started = await startGateway();
  cleanups.push(() => started.close());
  return { port: started.port, url: `http://127.0.0.1:${started.port}` };
}

async function service() {
  const started = await startHttpService();
  cleanups.push(() => started.close());
  return started;
}

/** A service of plain TCP, half-open like many real ones. */
async function rawService(onSocket: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    onSocket(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

function dial(client: Client, port: number): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.forwardOut("127.0.0.1", 1, "127.0.0.1", port, (error, channel) => (error === undefined ? resolve(channel) : reject(error)));
  });
}

async function get(client: Client, port: number): Promise<string> {
  const channel = await dial(client, port);
  channel.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return readAll(channel);
}

/** Unlike `node:stream/consumers`, leaves the other direction open. */
async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(stream, "end");
  return Buffer.concat(chunks).toString();
}

function openSsh(sshd: TestSshd, args: readonly string[]): ChildProcess {
  const options = [
    `UserKnownHostsFile="${sshd.knownHostsPath}"`,
    "GlobalKnownHostsFile=/dev/null",
    "StrictHostKeyChecking=yes",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "BatchMode=yes",
    "ExitOnForwardFailure=yes",
  ];
  const identity = ["-F", "none", "-i", sshd.clientKeyPath, "-l", sshd.user, "-p", String(sshd.port)];
  const ssh = spawn("ssh", ["-N", ...identity, ...options.flatMap((option) => ["-o", option]), ...args, sshd.host], { stdio: "ignore" });
  cleanups.push(() => ssh.kill());
  return ssh;
}

async function untilListening(port: number, ssh: ChildProcess): Promise<void> {
  await expect
    .poll(
      async () => {
        if (ssh.exitCode !== null) return `ssh ended with ${ssh.exitCode}`;
        const socket = connect(port, "127.0.0.1");
        return once(socket, "connect")
          .then(
            () => "listening",
            () => "not yet",
          )
          .finally(() => socket.destroy());
      },
      { timeout: 10_000, interval: 10 },
    )
    .toMatch(/listening|ended/);
  expect(ssh.exitCode).toBeNull();
}
