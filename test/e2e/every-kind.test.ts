import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../support/sshd.js";
import { startTcpService } from "../support/tcp-service.js";
import { sshdKind } from "../support/test-sshd.js";
import {
  engines,
  engineWords,
  fetchText,
  isVerified,
  loginWords,
  makeHome,
  makeService,
  makeSshd,
  targetOf,
  untilTunnel,
} from "./scene.js";

/** The server's machine is this one, so that what it listens on can be asked from here. */
describe.runIf(sshdKind() === "openssh").each(engines)("one tunnel by %s", (engine) => {
  it("carries forwards of every kind at once, each to its own service, and again after losses, a restart and a server that was away", async () => {
    const [sshd, home] = [await makeSshd({ extraConfig: ["StreamLocalBindUnlink yes"] }), makeHome()];
    const [port, fixed, socks] = [await freePort(), await freePort(), await freePort()];
    const [here, there] = [join(home.userDir, "here.sock"), join(sshd.dir, "there.sock")];
    const serve = (name: string) => makeService((_request, response) => void response.end(name));
    const [local, remote, any, other] = [await serve("local"), await serve("fixed"), await serve("any"), await serve("other")];
    const unixSocket = join(home.userDir, "service.sock");
    const service = await startTcpService((socket) => void socket.on("error", () => {}).end("hello"), { unixSocket });
    onTestFinished(service.close);
    const forwards = [
      ["-L", `${port}:127.0.0.1:${local.port}`],
      ["-L", `${here}:${unixSocket}`],
      ["-R", `${fixed}:127.0.0.1:${remote.port}`],
      ["-R", `0:127.0.0.1:${any.port}`],
      ["-R", `0:127.0.0.1:${other.port}`],
      ["-R", `${there}:${unixSocket}`],
      ["-D", String(socks)],
    ];
    const up = await home.run("up", targetOf(sshd), ...forwards.flat(), ...loginWords(sshd), ...engineWords(engine), "--name", "web");
    expect(up.code, up.stdout + up.stderr).toBe(0);

    const expectAll = async (reconnects: number, notSince = "") => {
      const tunnel = await untilTunnel(home, "web", (now) => now.reconnects === reconnects && now.since !== notSince && isVerified(now));
      const chosen = tunnel.forwards.filter(({ wantedBind }) => wantedBind === "localhost:0").map(({ bind }) => Number(bind.split(":")[1]));
      const answers = [port, fixed, ...chosen].map((at) => fetchText(at));
      expect(await Promise.all(answers)).toEqual(["local", "fixed", "any", "other"]);
      expect([await greetingAt(here), await greetingAt(there)]).toEqual(["hello", "hello"]);
      expect(await curl("--proxy", `socks5h://127.0.0.1:${socks}`, `http://localhost:${local.port}/`)).toEqual([0, "local"]);
      return tunnel.since;
    };
    await expectAll(0);
    for (const count of [1, 2]) {
      await sshd.killSessions();
      await expectAll(count);
    }
    const since = await expectAll(2);
    expect((await home.run("restart", "web")).code).toBe(0);
    await expectAll(2, since);
    await sshd.stop();
    await untilTunnel(home, "web", ({ phase }) => phase === "waiting");
    await sshd.start();
    await expectAll(3);
  });
});

async function curl(...words: string[]): Promise<[number, string]> {
  const child = spawn("curl", ["--silent", "--noproxy", "", "--max-time", "20", ...words], { stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const [code] = await once(child, "close");
  return [code, stdout];
}

async function greetingAt(path: string): Promise<string> {
  let text = "";
  for await (const part of connect({ path })) text += String(part);
  return text;
}
