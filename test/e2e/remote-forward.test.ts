import { readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Home } from "../support/clawtunnel.js";
import { freePort } from "../support/sshd.js";
import { startTcpService } from "../support/tcp-service.js";
import { sshdKind, type TestSshd } from "../support/test-sshd.js";
import {
  type Engine,
  engines,
  engineWords,
  fetchText,
  isVerified,
  loginWords,
  makeHome,
  makeScene,
  makeSshd,
  startTalk,
  targetOf,
  tunnels,
  untilTunnel,
} from "./scene.js";

/** The server's machine is this one, so that what it listens on can be asked from here. */
describe.runIf(sshdKind() === "openssh").each(engines)("a remote forward, by %s", (engine) => {
  /** A tunnel called web, with these forwards. */
  const open = (home: Home, sshd: TestSshd, ...forwards: readonly string[]) =>
    home.run("up", targetOf(sshd), ...forwards, ...loginWords(sshd), ...engineWords(engine), "--name", "web");

  it("is opened by -R, told from a local one, and there again after a loss", async () => {
    const { home, sshd, service, port } = await makeScene();
    const up = await open(home, sshd, "-R", `${port}:127.0.0.1:${service.port}`);
    expect(up).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`localhost:${port} on the server -> 127.0.0.1:${service.port} here  accepts connections`),
    });
    expect(await home.run("url", "web")).toMatchObject({ stdout: `localhost:${port}\n` });
    expect((await home.run("list")).stdout).toContain(`localhost:${port} on the server to 127.0.0.1:${service.port} here`);
    expect(await fetchText(port)).toBe("ok\n");
    await sshd.killSessions();
    await untilTunnel(home, "web", (tunnel) => tunnel.reconnects === 1 && isVerified(tunnel));
    expect(await fetchText(port)).toBe("ok\n");
    await home.run("down", "web");
    await expect(fetchText(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("shows the port that the server chose, and keeps it over a loss", async () => {
    const { home, sshd, service } = await makeScene();
    expect((await open(home, sshd, "-R", `0:127.0.0.1:${service.port}`)).code).toBe(0);
    const [first] = (await tunnels(home))[0]?.forwards ?? [];
    expect(first).toMatchObject({ wantedBind: "localhost:0", bind: expect.stringMatching(/^localhost:[1-9]\d+$/) });
    const port = Number(first?.bind.split(":")[1]);
    expect(await fetchText(port)).toBe("ok\n");
    await sshd.killSessions();
    await untilTunnel(home, "web", (tunnel) => tunnel.reconnects === 1 && isVerified(tunnel));
    expect((await tunnels(home))[0]?.forwards[0]?.bind).toBe(first?.bind);
    expect(await fetchText(port)).toBe("ok\n");
  });

  it("is degraded while an old session that fell silent holds its port, beside others that work, and there when that is gone", async () => {
    const { home, sshd, service, port } = await makeScene();
    const remotePort = await freePort();
    const forwards = ["-L", `${port}:127.0.0.1:${service.port}`, "-R", `${remotePort}:127.0.0.1:${service.port}`];
    expect((await open(home, sshd, ...forwards)).code).toBe(0);
    await sshd.freezeSessions();
    const degraded = await untilTunnel(home, "web", ({ reconnects, health }) => reconnects === 1 && health === "degraded");
    expect(degraded).toMatchObject({
      phase: "up",
      failure: { code: "remote-bind-refused" },
      forwards: [{ health: { state: "ok" } }, { listening: false }],
    });
    expect(await fetchText(port)).toBe("ok\n");
    const since = degraded.since;
    // Its sshd gives the old session up: here, because it is ended.
    expect(await sshd.killFrozenSessions()).toBe(1);
    expect(await untilTunnel(home, "web", isVerified)).toMatchObject({ since, reconnects: 1 });
    expect(await fetchText(remotePort)).toBe("ok\n");
  });

  it("moves with a restart to the new session, and what is connected goes on through the old one", async () => {
    const { home, sshd, port } = await makeScene();
    const echo = await startTcpService((socket) => void socket.pipe(socket));
    onTestFinished(echo.close);
    expect((await open(home, sshd, "-R", `${port}:127.0.0.1:${echo.port}`)).code).toBe(0);
    const [before] = await tunnels(home);
    const talk = await startTalk(port);
    expect(await talk.say("before")).toBe("before");
    expect((await home.run("restart", "web")).code).toBe(0);
    expect(await untilTunnel(home, "web", (tunnel) => tunnel.since !== before?.since && isVerified(tunnel))).toMatchObject({
      reconnects: 0,
    });
    const next = await startTalk(port);
    expect([await talk.say("still"), await next.say("anew")]).toEqual(["still", "anew"]);
    next.end();
    // Now with nothing that would keep the old session.
    const [since] = (await tunnels(home)).map((tunnel) => tunnel.since);
    expect((await home.run("restart", "web")).code).toBe(0);
    await untilTunnel(home, "web", (tunnel) => tunnel.since !== since && isVerified(tunnel));
    expect(readFileSync(home.paths.logFile, "utf8")).not.toContain("forward.not-listening");
  });

  it("is degraded, and says which service, while nobody listens here", async () => {
    const [sshd, port, nobodysPort] = [await makeSshd(), await freePort(), await freePort()];
    const home = makeHome();
    const up = await open(home, sshd, "-R", `${port}:127.0.0.1:${nobodysPort}`, "--wait", "2");
    expect(up).toMatchObject({ code: 4, stdout: expect.stringContaining(`nothing listens on 127.0.0.1:${nobodysPort} of this machine`) });
    await expect(fetchText(port)).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
  });
});

describe.runIf(sshdKind() === "openssh").each(engines)("unix sockets, by %s", (engine) => {
  it("stand on either side of -L and -R, and again after a loss and a restart where the server removes old ones", async () => {
    const { home, sshd, there, here } = await openOverSockets(engine, ["StreamLocalBindUnlink yes"]);
    const greetings = async () => [await greetingAt(there), await greetingAt(here)];
    expect(await greetings()).toEqual(["hello", "hello"]);
    await sshd.killSessions();
    const back = await untilTunnel(home, "web", (tunnel) => tunnel.reconnects === 1 && isVerified(tunnel));
    expect(await greetings()).toEqual(["hello", "hello"]);
    expect((await home.run("restart", "web")).code).toBe(0);
    await untilTunnel(home, "web", (tunnel) => tunnel.since !== back.since && isVerified(tunnel));
    expect(await greetings()).toEqual(["hello", "hello"]);
  });

  it("that the server left behind are told with what to do, and are there as soon as that was done", async () => {
    const { home, sshd, there } = await openOverSockets(engine, []);
    await sshd.killSessions();
    const degraded = await untilTunnel(home, "web", ({ reconnects, health }) => reconnects === 1 && health === "degraded");
    expect(degraded.failure).toMatchObject({ code: "remote-bind-refused", hint: expect.stringContaining("StreamLocalBindUnlink yes") });
    rmSync(there);
    await untilTunnel(home, "web", isVerified);
    expect(await greetingAt(there)).toBe("hello");
  });
});

/** A service at a socket, led to from a socket on the server by -R, and from a socket here by -L. */
async function openOverSockets(engine: Engine, extraConfig: readonly string[]) {
  const [sshd, home] = [await makeSshd({ extraConfig }), makeHome()];
  const [there, here, unixSocket] = [join(sshd.dir, "there.sock"), join(home.userDir, "here.sock"), join(home.userDir, "service.sock")];
  const service = await startTcpService((socket) => void socket.on("error", () => {}).end("hello"), { unixSocket });
  onTestFinished(service.close);
  const words = ["-R", `${there}:${unixSocket}`, "-L", `${here}:${unixSocket}`];
  const up = await home.run("up", targetOf(sshd), ...words, ...loginWords(sshd), ...engineWords(engine), "--name", "web");
  expect(up.code, up.stdout).toBe(0);
  return { home, sshd, there, here };
}

async function greetingAt(path: string): Promise<string> {
  let text = "";
  for await (const part of connect({ path })) text += String(part);
  return text;
}
