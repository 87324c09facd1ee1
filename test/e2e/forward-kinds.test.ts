import { existsSync, lstatSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { curl, hasCurl } from "../support/curl.js";
import { startTcpService } from "../support/tcp-service.js";
import { editConfig, fetchText, isVerified, loginWords, makeHome, makeScene, targetOf, tunnels, untilTunnel } from "./scene.js";

describe("a dynamic forward", () => {
  it.skipIf(!hasCurl)("is opened by -D, shown as the URL that programs take, and comes back after a loss", async () => {
    const { home, sshd, service, port } = await makeScene();
    const up = await home.run("up", targetOf(sshd), "-D", String(port), ...loginWords(sshd), "--name", "web");
    expect(up).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`socks5://127.0.0.1:${port} -> wherever the server reaches  the server answers`),
    });
    expect(await home.run("url", "web")).toMatchObject({ code: 0, stdout: `socks5://127.0.0.1:${port}\n` });
    expect((await home.run("list")).stdout).toContain(`127.0.0.1:${port} as a SOCKS proxy`);
    const ask = () => curl("--proxy", `socks5h://127.0.0.1:${port}`, `http://localhost:${service.port}/`);
    expect(await ask()).toEqual({ code: 0, stdout: "ok\n" });
    await sshd.killSessions();
    expect(await ask()).toEqual({ code: 0, stdout: "ok\n" });
    expect(await tunnels(home)).toMatchObject([{ phase: "up", reconnects: 1, forwards: [{ kind: "dynamic", to: null, listening: true }] }]);
  });

  it.skipIf(!hasCurl)("can be had at a socket's path, and beside other forwards of the tunnel", async () => {
    const { home, sshd, service, port } = await makeScene();
    const path = join(home.userDir, "socks.sock");
    const words = ["-D", path, "-L", `${port}:127.0.0.1:${service.port}`, ...loginWords(sshd)];
    expect((await home.run("up", targetOf(sshd), ...words)).code).toBe(0);
    expect(await curl("--proxy", `socks5h://localhost${path}`, `http://localhost:${service.port}/`)).toEqual({ code: 0, stdout: "ok\n" });
    expect(await fetchText(port)).toBe("ok\n");
  });
});

describe.skipIf(process.platform === "win32")("a local forward at a unix socket", () => {
  it.skipIf(!hasCurl)("is open to its user alone, outlives a daemon that was killed, and is gone when the tunnel is down", async () => {
    const { home, sshd, service } = await makeScene();
    const path = join(home.userDir, "web.sock");
    const up = await home.run("up", targetOf(sshd), "-L", `./web.sock:127.0.0.1:${service.port}`, ...loginWords(sshd), "--name", "web");
    expect(up).toMatchObject({ code: 0, stdout: expect.stringContaining(`${path} -> 127.0.0.1:${service.port}  accepts connections`) });
    expect(lstatSync(path).mode & 0o077).toBe(0);
    expect(await curl("--unix-socket", path, "http://web/")).toEqual({ code: 0, stdout: "ok\n" });
    expect(await home.run("url", "web", "--env")).toMatchObject({ stdout: `CLAWTUNNEL_WEB_ADDRESS='${path}'\n` });

    process.kill(home.daemonPid() ?? 0, "SIGKILL");
    expect((await home.run("up", "web")).code).toBe(0);
    expect(await curl("--unix-socket", path, "http://web/")).toEqual({ code: 0, stdout: "ok\n" });

    await home.run("down", "web");
    expect(existsSync(path)).toBe(false);
  });

  it.skipIf(!hasCurl)("is held where another program listens, which is named and not disturbed, until that leaves", async () => {
    const { home, sshd, service } = await makeScene();
    const path = join(home.userDir, "web.sock");
    const other = await startTcpService((socket) => void socket.end("theirs"), { unixSocket: path });
    onTestFinished(other.close);
    const up = await home.run("up", targetOf(sshd), "-L", `${path}:127.0.0.1:${service.port}`, ...loginWords(sshd), "--name", "web");
    expect(up).toMatchObject({ code: 5, stdout: expect.stringContaining(`${path} is already in use by`) });
    if (process.platform === "linux") expect(up.stdout).toContain(`pid ${process.pid} `);
    expect(await greetingAt(path)).toBe("theirs");
    other.close();
    await untilTunnel(home, "web", isVerified);
    expect(await curl("--unix-socket", path, "http://web/")).toEqual({ code: 0, stdout: "ok\n" });
  });
});

describe("a forward that is added to a tunnel that works", () => {
  it("costs the others nothing when its port is busy, and is there when that is free", async () => {
    const { home, sshd, service, port } = await makeScene();
    expect(
      (await home.run("up", targetOf(sshd), "-L", `${port}:127.0.0.1:${service.port}`, ...loginWords(sshd), "--name", "web")).code,
    ).toBe(0);
    const other = await startTcpService();
    onTestFinished(other.close);
    editConfig(home, ({ tunnels: saved }) => {
      const forwards = saved.web?.forwards as object[];
      saved.web = { ...saved.web, forwards: [...forwards, { local: `127.0.0.1:${other.port}`, to: `127.0.0.1:${service.port}` }] };
    });
    const degraded = await untilTunnel(home, "web", ({ health }) => health === "degraded");
    expect(degraded).toMatchObject({ phase: "up", failure: { code: "port-busy" }, forwards: [{ listening: true }, { listening: false }] });
    expect(await fetchText(port)).toBe("ok\n");
    other.close();
    await untilTunnel(home, "web", isVerified);
    expect(await fetchText(other.port)).toBe("ok\n");
  });
});

describe("what cannot be", () => {
  it("is said in one sentence: a SOCKS proxy on the server", async () => {
    const { code, stderr } = await makeHome().run("up", "vps", "-R", "9000");
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(
        '"9000": a remote forward without a destination would be a SOCKS proxy on the server, which is not supported',
      ),
    ]);
  });
});

async function greetingAt(path: string): Promise<string> {
  let text = "";
  for await (const part of connect({ path })) text += String(part);
  return text;
}
