import { once } from "node:events";
import { renameSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { repeat } from "../support/repeat.js";
import { freePort } from "../support/sshd.js";
import { sshdKind } from "../support/test-sshd.js";
import { until } from "../support/until.js";
import {
  editConfig,
  engines,
  entryFor,
  fetchText,
  isVerified,
  makeEchoScene,
  makeOpenScene,
  makeService,
  makeSshd,
  startTalk,
  tunnels,
  untilTunnel,
} from "./scene.js";

describe.each(engines)("a tunnel by %s", (engine) => {
  it("loses no request of a constant load while it is restarted, again and again", async () => {
    const { home, port } = await makeOpenScene(engine);
    const [before] = await tunnels(home);
    const load = startLoad(port);

    for (let round = 0; round < 3; round += 1) expect((await home.run("restart", "web")).code).toBe(0);

    const { answers, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(answers).toBeGreaterThan(20);
    const [after] = await tunnels(home);
    expect(after).toMatchObject({ health: "verified", renewal: null, reconnects: 0 });
    expect(Date.parse(after?.since ?? "")).toBeGreaterThan(Date.parse(before?.since ?? ""));
  });

  it("lets a connection that was open go on through a restart", async () => {
    const { home, port } = await makeEchoScene(engine);
    const talk = await startTalk(port);
    expect(await talk.say("before")).toBe("before");

    expect((await home.run("restart", "web")).code).toBe(0);

    expect(await talk.say("after")).toBe("after");
    expect(await (await startTalk(port)).say("new")).toBe("new");
  });

  it.skipIf(sshdKind() === "embedded")("ends the session before it when the last connection through that has ended", async () => {
    const { home, sshd, port } = await makeEchoScene(engine);
    const talk = await startTalk(port);
    expect(await talk.say("hello")).toBe("hello");
    expect((await home.run("restart", "web")).code).toBe(0);
    expect(sshd.countSessions()).toBe(2);

    talk.end();

    await until(() => sshd.countSessions() === 1);
    expect(await tunnels(home)).toMatchObject([{ health: "verified", reconnects: 0 }]);
  });

  it("keeps the session that stands when a restart cannot open a new one, and says why", async () => {
    const { home, sshd, port } = await makeOpenScene(engine);
    const [before] = await tunnels(home);
    renameSync(sshd.clientKeyPath, `${sshd.clientKeyPath}.away`);

    const restart = await home.run("restart", "web");

    expect(restart.code).toBe(1);
    expect(restart.stdout).toMatch(/no new session: .*the one that stands goes on/);
    expect(await tunnels(home)).toMatchObject([
      {
        phase: "up",
        health: "verified",
        since: before?.since,
        renewal: { reason: "restart-asked", failure: { code: "identity-unreadable" } },
      },
    ]);
    expect(await fetchText(port)).toBe("ok\n");

    renameSync(`${sshd.clientKeyPath}.away`, sshd.clientKeyPath);
    expect((await home.run("restart", "web")).code).toBe(0);
    expect(await tunnels(home)).toMatchObject([{ health: "verified", renewal: null }]);
  });

  it("moves to another server when its target is edited, and loses no request on the way", async () => {
    const { home, sshd, service, port } = await makeOpenScene(engine);
    const other = await makeSshd();
    const load = startLoad(port);

    editConfig(home, ({ tunnels }) => {
      tunnels.web = entryFor(other, port, service.port, engine);
    });
    await untilTunnel(home, "web", (tunnel) => tunnel.target.endsWith(`:${other.port}`) && tunnel.renewal === null && isVerified(tunnel));

    expect((await load.stop()).failures).toEqual([]);
    await sshd.stop();
    expect(await fetchText(port)).toBe("ok\n");
  });

  it("takes no harm when the port it is to move to as well is busy, and takes another", async () => {
    const { home, service } = await makeOpenScene(engine);
    const other = await makeSshd();
    const busyPort = await freePort();
    const holder = createServer().listen(busyPort, "127.0.0.1");
    onTestFinished(() => void holder.close());
    await once(holder, "listening");

    editConfig(home, ({ tunnels }) => {
      tunnels.web = { ...entryFor(other, busyPort, service.port, engine), onPortBusy: "next" };
    });

    const moved = await untilTunnel(
      home,
      "web",
      (tunnel) => tunnel.forwards[0]?.wantedBind === `127.0.0.1:${busyPort}` && isVerified(tunnel),
    );
    expect(moved.reconnects).toBe(0);
    expect(await fetchText(Number(moved.forwards[0]?.bind.split(":").at(-1)))).toBe("ok\n");
  });

  it("does not go on to the old server when the new one has to be looked at by a person", async () => {
    const { home, sshd, service, port } = await makeOpenScene(engine);
    const other = await makeSshd();

    editConfig(home, ({ tunnels }) => {
      tunnels.web = { ...entryFor(other, port, service.port, engine), knownHosts: [sshd.knownHostsPath] };
    });

    const held = await untilTunnel(home, "web", ({ phase }) => phase === "held");
    expect(held).toMatchObject({ failure: { code: "host-key-unknown" }, prompt: { kind: "host-key" } });
    expect((await home.run("trust", "web", "--fingerprint", held.prompt?.kind === "host-key" ? held.prompt.fingerprint : "")).code).toBe(0);
    await untilTunnel(home, "web", isVerified);
  });

  it("leads to another service after an edit of its forward, without a new session", async () => {
    const { home, port } = await makeOpenScene(engine);
    const [before] = await tunnels(home);
    const other = await makeService((_request, response) => void response.end("other\n"));

    editConfig(home, ({ tunnels }) => {
      tunnels.web = { ...tunnels.web, forwards: [{ local: `127.0.0.1:${port}`, to: `127.0.0.1:${other.port}` }] };
    });

    await untilTunnel(home, "web", (tunnel) => tunnel.forwards[0]?.to === `127.0.0.1:${other.port}` && isVerified(tunnel));
    expect(await fetchText(port)).toBe("other\n");
    expect(await tunnels(home)).toMatchObject([{ since: before?.since, reconnects: 0 }]);
  });
});

const clients = 4;
const pauseMs = 5;

/** Short HTTP requests, each over a connection of its own, from several clients all the time. */
function startLoad(port: number): { stop(): Promise<{ answers: number; failures: unknown[] }> } {
  let answers = 0;
  const failures: unknown[] = [];
  const ask = () =>
    fetchText(port).then(
      (text) => {
        if (text === "ok\n") answers += 1;
        else failures.push(text);
      },
      (error: unknown) => failures.push(error),
    );
  const asking = Array.from({ length: clients }, () => repeat(ask, () => pauseMs));
  const stop = async () => {
    await Promise.all(asking.map((client) => client.stop()));
    return { answers, failures };
  };
  return { stop };
}
