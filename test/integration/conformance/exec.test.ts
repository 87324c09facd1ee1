import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SshSession } from "../../../src/ssh/session.js";
import { neverAborted } from "../../support/login.js";
import { until } from "../../support/until.js";
import { dial, engines, hasRealServer, readAll, useScene } from "./scene.js";

const mebibyte = 1024 * 1024;

describe.skipIf(!hasRealServer).each(engines)("a command by %s", (_name, engine) => {
  const scene = useScene(engine);
  const run = (session: SshSession, command: string, input?: string) =>
    session.exec(command, input === undefined ? {} : { input }, neverAborted);

  it("is answered with what it said, on which stream, and how it ended", async () => {
    const session = await scene.connect(await scene.sshd());
    expect(await run(session, "echo said; echo complained >&2; exit 7")).toEqual({
      exitCode: 7,
      stdout: "said\n",
      stderr: "complained\n",
    });
    expect(await run(session, "exit 255")).toMatchObject({ exitCode: 255 });
    expect(await run(session, "kill -9 $$")).toMatchObject({ exitCode: null, stdout: "" });
    expect(session.traffic().openChannels).toBe(0);
  });

  it("reads all of its input and then its end; without any, the end alone", async () => {
    const session = await scene.connect(await scene.sshd({ environment: { FRUIT: "red apple" } }));
    expect(await run(session, "sh -s", 'printf %s "$FRUIT"; exit 3')).toMatchObject({ exitCode: 3, stdout: "red apple" });
    expect(await run(session, "wc -c", "é".repeat(2 * mebibyte))).toMatchObject({ stdout: expect.stringMatching(/^\s*4194304\n$/) });
    expect(await run(session, "cat")).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    expect(await run(session, "exec <&-; echo deaf", "x".repeat(mebibyte))).toMatchObject({ exitCode: 0, stdout: "deaf\n" });
  });

  it("may say a mebibyte on each stream, and no more", async () => {
    const session = await scene.connect(await scene.sshd());
    const say = (bytes: number) => `head -c ${bytes} /dev/zero | tr '\\0' x`;
    const { stdout, stderr } = await run(session, `${say(mebibyte)}; ${say(mebibyte)} >&2`);
    expect([stdout.length, stderr.length]).toEqual([mebibyte, mebibyte]);
    await expect(run(session, `${say(mebibyte + 1)}`)).rejects.toMatchObject({ code: "exec-failed" });
    await expect(run(session, "yes >&2")).rejects.toMatchObject({ code: "exec-failed" });
    await until(() => session.traffic().openChannels === 0);
  });

  it("runs beside another, and beside a forward that is open", async () => {
    const session = await scene.connect(await scene.sshd());
    const echo = await scene.service((socket) => void socket.pipe(socket), { allowHalfOpen: true });
    const channel = await dial(session, echo.port);
    const fifo = join(scene.cleanups.folder(), "fifo");
    const [heard, told] = await Promise.all([
      run(session, `mkfifo ${fifo}; cat ${fifo}`),
      run(session, `until [ -p ${fifo} ]; do :; done; echo hello >${fifo}`),
    ]);
    expect([heard.stdout, told.exitCode]).toEqual(["hello\n", 0]);
    expect(session.traffic().openChannels).toBe(1);
    channel.end("still here");
    expect((await readAll(channel)).toString()).toBe("still here");
    expect(await session.probe(neverAborted)).toBeGreaterThan(0);
  });

  it("is not refused to a key with restrict,port-forwarding, but replaced for one with a forced command", async () => {
    const restricted = await scene.connect(await scene.sshd({ authorizedKeysOptions: "restrict,port-forwarding" }));
    expect(await run(restricted, "echo free")).toMatchObject({ stdout: "free\n" });
    const forced = await scene.connect(await scene.sshd({ authorizedKeysOptions: 'restrict,port-forwarding,command="/bin/false"' }));
    expect(await run(forced, "sh -s", "echo free")).toEqual({ exitCode: 1, stdout: "", stderr: "" });
  });

  it("that the server opens no session for is exec-refused, each time, and forwards go on", async () => {
    const session = await scene.connect(await scene.sshd({ extraConfig: ["MaxSessions 0"] }));
    const service = await scene.service((socket) => void socket.end("in"));
    await expect(run(session, "true")).rejects.toMatchObject({ code: "exec-refused" });
    await expect(run(session, "true")).rejects.toMatchObject({ code: "exec-refused" });
    expect(session.traffic().openChannels).toBe(0);
    expect((await readAll(await dial(session, service.port))).toString()).toBe("in");
  });

  it("is given up with the session, and none is begun after it", async () => {
    const sshd = await scene.sshd();
    const session = await scene.connect(sshd);
    const running = run(session, "while echo; do sleep 0.1; done");
    const failed = expect(running).rejects.toMatchObject({ code: "session-gone" });
    await until(() => session.traffic().openChannels === 1);
    await sshd.killSessions();
    await failed;
    await session.ended;
    await expect(run(session, "true")).rejects.toMatchObject({ code: "session-gone" });
  });

  it("hears that nobody waits for it any more, and the session goes on", async () => {
    const session = await scene.connect(await scene.sshd());
    const folder = scene.cleanups.folder();
    const [began, ended] = [join(folder, "began"), join(folder, "ended")];
    const life = new AbortController();
    const script = `trap '' PIPE; touch ${began}; while echo; do sleep 0.02; done; touch ${ended}`;
    const running = session.exec("sh -s", { input: script }, life.signal);
    await until(() => existsSync(began));
    life.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    await until(() => existsSync(ended));
    await until(() => session.traffic().openChannels === 0);
    await expect(session.exec("true", {}, life.signal)).rejects.toThrow("enough");
    expect(await run(session, "echo alive")).toMatchObject({ stdout: "alive\n" });
  });
});
