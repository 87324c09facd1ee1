import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { resolveHost } from "../../../src/ssh/resolve/resolve-host.js";
import { ssh2Engine } from "../../../src/ssh/ssh2/engine.js";
import { connectContext, loginTo, neverAborted } from "../../support/login.js";
import { startTcpService } from "../../support/tcp-service.js";
import { sshdKind } from "../../support/test-sshd.js";
import { until } from "../../support/until.js";
import { statusThrough, useServer } from "./scene.js";

const server = useServer();
const { cleanups, at } = server;

/** A program of ours between stdin, stdout and the port; it leaves its pid behind. */
const relay = (port: number) =>
  `'${process.execPath}' -e 'fs.writeFileSync(process.argv[1], String(process.pid)); const s = net.connect(${port}, "127.0.0.1"); process.stdin.pipe(s).pipe(process.stdout)' '${at("pid")}'`;

describe.skipIf(sshdKind() !== "openssh")("a ProxyCommand", () => {
  it("carries the session, and ends with it", async () => {
    const session = await connect(relay(server.sshd.port));
    expect(await statusThrough(cleanups, session)).toBe("200 OK");
    const pid = relayPid();
    session.close();
    await session.ended;
    await until(() => hasEnded(pid));
    await until(() => server.sshd.countSessions() === 0);
  });

  it("ends with all that it has started, also what does not listen to a polite word", async () => {
    const stubborn = `sh -c 'trap "" TERM HUP; sleep 1000 & echo $! > ${at("sleeper")}; ${process.execPath} -e "process.on(\\"SIGTERM\\",()=>{});const s=net.connect(${server.sshd.port});process.stdin.pipe(s).pipe(process.stdout)"; true'`;
    const session = await connect(stubborn);
    const sleeper = Number(readFileSync(at("sleeper"), "utf8"));
    expect(hasEnded(sleeper)).toBe(false);
    session.close();
    await until(() => hasEnded(sleeper));
  });

  it("that cannot be run is retried, and says what the shell said", async () => {
    await expect(connect("/no/such/program --x")).rejects.toMatchObject({
      code: "proxy-command-failed",
      recovery: "retry",
      message: expect.stringMatching(/ended with code 12\d: .*\/no\/such\/program/),
    });
  });

  it("tells its last line when it fails", async () => {
    await expect(connect("sh -c 'echo first >&2; echo the gate is shut >&2; exit 3'")).rejects.toMatchObject({
      code: "proxy-command-failed",
      message: expect.stringMatching(/ended with code 3: the gate is shut$/),
    });
  });

  it("that ends in peace and without a word has failed all the same", async () => {
    await expect(connect("true")).rejects.toMatchObject({ code: "proxy-command-failed" });
  });

  it("that is killed under a session is why that ended", async () => {
    const session = await connect(relay(server.sshd.port));
    process.kill(relayPid(), "SIGKILL");
    expect(await session.ended).toMatchObject({ code: "proxy-command-failed", message: expect.stringContaining("SIGKILL") });
  });

  it("whose server goes away ends the session as any other", async () => {
    const session = await connect(relay(server.sshd.port));
    const pid = relayPid();
    await server.sshd.killSessions();
    expect(await session.ended).toMatchObject({ recovery: "retry" });
    await until(() => hasEnded(pid));
  });

  it("is ended when nobody wants it any more, or the server never speaks", async () => {
    const mute = await startTcpService();
    cleanups.add(() => mute.close());
    const abort = new AbortController();
    const connecting = connect(relay(mute.port), {}, abort.signal);
    await until(() => mute.sockets.size === 1);
    const unwanted = relayPid();
    abort.abort();
    await expect(connecting).rejects.toBeInstanceOf(Error);
    await until(() => hasEnded(unwanted));
    await expect(connect(relay(mute.port), { connectTimeoutMs: 1_000 })).rejects.toMatchObject({ code: "handshake-timeout" });
    await until(() => hasEnded(relayPid()));
  });

  it.each([
    ["the agent that was found", {}, "/run/agent.sock"],
    ["the agent that ssh_config names", { options: ["IdentityAgent=/run/own.sock"] }, "/run/own.sock"],
    ["no agent where ssh_config says none", { options: ["IdentityAgent=none"] }, "nowhere"],
  ])("finds %s", async (_, changes, place) => {
    const command = `sh -c 'echo "agent at \${SSH_AUTH_SOCK-nowhere}." >&2; exit 1'`;
    await expect(connect(command, changes, neverAborted, "/run/agent.sock")).rejects.toMatchObject({
      message: expect.stringContaining(`agent at ${place}.`),
    });
  });
});

async function connect(proxyCommand: string, changes = {}, signal = neverAborted, agentSocket?: string) {
  const login = loginTo(server.sshd, changes);
  const host = { ...(await resolveHost(login, neverAborted)), proxyCommand };
  const session = await ssh2Engine.connect(host, login, connectContext({ agentSocket }), signal);
  cleanups.add(async () => {
    session.close();
    await session.ended;
  });
  return session;
}

function relayPid(): number {
  if (!existsSync(at("pid"))) throw new Error("the relay was not started");
  return Number(readFileSync(at("pid"), "utf8"));
}

function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A child that nobody has waited for yet is over as well.
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return true;
  }
}
