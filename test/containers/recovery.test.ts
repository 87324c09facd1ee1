import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { isVerified, knownHostsWords, makeHome, tunnels, untilTunnel } from "../e2e/scene.js";
import type { Home } from "../support/clawtunnel.js";
import { freePort } from "../support/sshd.js";
import { type GatewayServer, makeGatewayServer } from "./gateway-server.js";
import { buildGatewayImage } from "./image.js";
import { removeLeftovers } from "./leftovers.js";
import { askGateway, liveAnswer, pollGateway } from "./poll.js";

/** Shorter than a user's, but for a client's patience: on a slow machine as well it outlasts what is done here. */
const defaults = {
  keepaliveIntervalMs: 500,
  keepaliveReplyTimeoutMs: 1_000,
  connectTimeoutMs: 1_500,
  backoff: { firstDelayMs: 100, maxDelayMs: 500 },
  waitForTunnelMs: 60_000,
};

const lostByTheServer = expect.stringMatching(/^(peer-closed|connection-reset|server-disconnected)$/);
const neverWrong = { wrong: [], served: expect.toSatisfy((count: number) => count > 0) };

let image: string;
beforeAll(async () => {
  await removeLeftovers();
  image = await buildGatewayImage();
});

it("reaches a gateway that nothing but the tunnel reaches", async () => {
  const { server, port } = await makeOpenGateway();

  expect(await askGateway(port)).toBe(liveAnswer);
  expect(await server.knockFromNeighbour(22)).toMatch(/^SSH-2\.0-/);
  expect(await server.knockFromNeighbour(18789)).toBe("Connection refused");
});

it("finds a server silent that is paused, waits for it, and serves who waited with it", async () => {
  const { home, server, port } = await makeOpenGateway();
  const polling = pollGateway(port);

  await server.pause();
  // The kernel still accepts connections for it; nobody greets.
  await untilTunnel(home, "openclaw", ({ phase, failure }) => phase === "waiting" && failure?.code === "handshake-timeout");
  const early = askGateway(port);
  early.catch(() => {});
  await untilTunnel(home, "openclaw", ({ forwards }) => (forwards[0]?.connections.waiting ?? 0) > 0);
  expect((await home.run("status")).code).toBe(4);

  await server.unpause();
  expect(await early).toBe(liveAnswer);
  const tunnel = await untilTunnel(home, "openclaw", isVerified);
  expect(tunnel).toMatchObject({ phase: "up", failure: null, reconnects: 1, lastOutage: { cause: "peer-silent" } });
  expect(await polling.stop()).toMatchObject(neverWrong);
  expect((await home.run("status")).code).toBe(0);
});

it("waits for a server that was killed, and serves who waited with it when it is started again", async () => {
  const { home, server, port } = await makeOpenGateway();
  const polling = pollGateway(port);

  await server.kill();
  await untilTunnel(home, "openclaw", ({ phase, failure }) => phase === "waiting" && failure?.code === "connection-refused");
  const early = askGateway(port);
  early.catch(() => {});
  await untilTunnel(home, "openclaw", ({ forwards }) => (forwards[0]?.connections.waiting ?? 0) > 0);

  await server.start();
  expect(await early).toBe(liveAnswer);
  const tunnel = await untilTunnel(home, "openclaw", isVerified);
  expect(tunnel).toMatchObject({ phase: "up", failure: null, reconnects: 1, lastOutage: { cause: lostByTheServer } });
  expect(await polling.stop()).toMatchObject(neverWrong);
});

it("comes back after a restart of the server", async () => {
  const { home, server, port } = await makeOpenGateway();
  const polling = pollGateway(port);

  await server.restart();

  const tunnel = await untilTunnel(home, "openclaw", ({ reconnects, health }) => reconnects === 1 && health === "verified");
  expect(tunnel).toMatchObject({ phase: "up", failure: null, lastOutage: { cause: lostByTheServer } });
  expect(await askGateway(port)).toBe(liveAnswer);
  expect(await polling.stop()).toMatchObject(neverWrong);
});

it.skipIf(process.platform !== "linux")(
  "comes back after the server was cut off from its network (needs a way to a container's address)",
  async () => {
    const { home, server, port } = await makeOpenGateway(({ directTarget }) => directTarget);
    const polling = pollGateway(port);

    await server.unplug();
    await untilTunnel(
      home,
      "openclaw",
      ({ phase, failure }) => phase === "waiting" && /^(connect-timeout|host-unreachable)$/.test(failure?.code ?? ""),
    );
    const early = askGateway(port);
    early.catch(() => {});

    await server.plugIn();
    expect(await early).toBe(liveAnswer);
    const tunnel = await untilTunnel(home, "openclaw", isVerified);
    expect(tunnel).toMatchObject({ phase: "up", failure: null, reconnects: 1, lastOutage: { cause: "peer-silent" } });
    expect(await polling.stop()).toMatchObject(neverWrong);
  },
);

it("holds before a server whose host key has changed, never logs in there, and goes on when it has the old one back", async () => {
  const { home, server, port } = await makeOpenGateway();

  await server.replaceHostKey();
  await untilTunnel(home, "openclaw", ({ phase, failure }) => phase === "held" && failure?.code === "host-key-changed");
  expect((await home.run("up", "openclaw")).code).toBe(5);
  expect(await askGateway(port)).toMatch(/^503 .*"code":"host-key-changed"/);

  await server.restoreHostKey();
  // Nothing that it watches has changed: known_hosts is as it was. A person says that the server can be asked again.
  expect(await tunnels(home)).toMatchObject([{ phase: "held", failure: { code: "host-key-changed" } }]);
  expect((await home.run("up", "openclaw")).code).toBe(0);
  expect(await askGateway(port)).toBe(liveAnswer);
  await expect.poll(server.loginsByStart).toEqual([1, 0, 1]);
});

interface OpenGateway {
  readonly home: Home;
  readonly server: GatewayServer;
  /** The local way to the gateway. */
  readonly port: number;
}

/** A server in a container, and a user with a verified tunnel to its gateway. */
async function makeOpenGateway(targetOf = (server: GatewayServer) => server.publishedTarget): Promise<OpenGateway> {
  const home = makeHome();
  mkdirSync(dirname(home.paths.configFile), { recursive: true });
  writeFileSync(home.paths.configFile, JSON.stringify({ defaults }));
  const [server, port] = [await makeGatewayServer(image, home.userDir), await freePort()];
  const forward = ["-L", `${port}:127.0.0.1:18789`, "--preset", "openclaw"];
  const login = ["-i", server.clientKeyPath, ...knownHostsWords(server.knownHostsPath)];
  const { code, stdout, stderr } = await home.run("up", targetOf(server), ...forward, ...login);
  expect(code, stdout + stderr).toBe(0);
  return { home, server, port };
}
