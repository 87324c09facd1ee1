import { expect, it, onTestFinished } from "vitest";
import type { TunnelStatus } from "../../src/tunnel/status.js";
import { freePort } from "../support/sshd.js";
import { startTcpService } from "../support/tcp-service.js";
import { sshdKind } from "../support/test-sshd.js";
import { editConfig, fetchText, isVerified, makeEchoScene, makeService, startTalk, tunnels, untilTunnel } from "./scene.js";

const checkedAtMs = (tunnel: TunnelStatus) => Date.parse(tunnel.forwards[0]?.health.checkedAt ?? "");

it("keeps the session and its connections when an edit only changes how both are looked after", async () => {
  const { home, sshd, port } = await makeEchoScene();
  const [before] = await tunnels(home);
  const talk = await startTalk(port);
  expect(await talk.say("before")).toBe("before");

  editConfig(home, ({ tunnels }) => {
    tunnels.web = {
      ...tunnels.web,
      keepaliveIntervalMs: 700,
      keepaliveReplyTimeoutMs: 900,
      keepaliveCountMax: 5,
      backoff: { firstDelayMs: 100, maxDelayMs: 1_000, steadyAfterMs: 5_000 },
      waitForTunnelMs: 1_000,
      waitingConnectionsMax: 3,
      health: { tcp: true, everyMs: 1_000 },
    };
  });

  // The services are asked more often now than in the half minute before: the edit is in force.
  const checked = await untilTunnel(home, "web", (tunnel) => checkedAtMs(tunnel) > checkedAtMs(before ?? tunnel));
  await untilTunnel(home, "web", (tunnel) => checkedAtMs(tunnel) > checkedAtMs(checked));
  expect(await talk.say("after")).toBe("after");
  expect(await tunnels(home)).toMatchObject([{ health: "verified", since: before?.since, reconnects: 0, renewal: null, lastOutage: null }]);
  if (sshdKind() === "openssh") expect(sshd.countSessions()).toBe(1);
});

it("keeps a forward's connection open while another forward is taken away and a third one is added", async () => {
  const { home, servicePort, port } = await makeEchoScene();
  const [removedPort, addedPort] = [await freePort(), await freePort()];
  const service = await makeService();
  const other = await startTcpService((socket) => void socket.pipe(socket));
  onTestFinished(other.close);
  const kept = { local: `127.0.0.1:${port}`, to: `127.0.0.1:${servicePort}` };
  const forwardsTo = (...forwards: { local: string; to: string }[]) =>
    editConfig(home, ({ tunnels }) => {
      tunnels.web = { ...tunnels.web, forwards };
    });
  const [before] = await tunnels(home);
  forwardsTo(kept, { local: `127.0.0.1:${removedPort}`, to: `127.0.0.1:${other.port}` });
  await untilTunnel(home, "web", (tunnel) => tunnel.forwards.length === 2 && isVerified(tunnel));
  const [talk, doomed] = [await startTalk(port), await startTalk(removedPort)];
  expect([await talk.say("here"), await doomed.say("there")]).toEqual(["here", "there"]);

  forwardsTo({ local: `127.0.0.1:${addedPort}`, to: `127.0.0.1:${service.port}` }, kept);
  await untilTunnel(home, "web", (tunnel) => tunnel.forwards[0]?.bind === `127.0.0.1:${addedPort}` && isVerified(tunnel));

  expect(await talk.say("still here")).toBe("still here");
  expect(await doomed.say("still there")).toBe("");
  await expect(startTalk(removedPort)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  expect(await fetchText(addedPort)).toBe("ok\n");
  expect(await tunnels(home)).toMatchObject([{ since: before?.since, reconnects: 0, forwards: [{}, { connections: { open: 1 } }] }]);
});
