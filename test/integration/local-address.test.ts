import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.js";
import type { BusyPolicy } from "../../src/forward/place/busy-policy.js";
import { LocalAddress } from "../../src/forward/place/local-address.js";
import type { Place } from "../../src/forward/place/place.js";
import { Cleanups } from "../support/cleanups.js";
import { holdPort } from "../support/quiet.js";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === "::1"));
const host = "127.0.0.1";
const cleanups = new Cleanups();
afterEach(cleanups.run);

describe("a busy address", () => {
  it("is waited for by default, and not tried to be evaded", async () => {
    const { port } = await startHolder();
    const { address } = addressOn(port, holdPort);
    await expect(address.open()).rejects.toMatchObject({ code: "port-busy" });
    expect(await address.openIfFree()).toBe(false);
    expect(address.place).toBeUndefined();
  });

  it("has the first alternative that is free in its place, and says why", async () => {
    const { port } = await startHolder();
    const taken = await startHolder();
    const free = await freePort();
    const { address, placed } = addressOn(port, evadeTo(taken.port, free));
    await address.open();
    expect(address.place?.bind).toEqual({ host, port: free });
    expect(address.place?.displacedBy).toMatchObject({
      code: "port-busy",
      message: expect.stringContaining(`${host}:${port} is already in use`),
    });
    expect(placed()).toEqual([free]);
    await dial(free);
  });

  it.skipIf(!hasIpv6)("has rather an alternative that is free on ::1 as well, and lets go of the other", async () => {
    const { port } = await startHolder();
    const half = await startHolder("::1");
    const whole = await freePort();
    const { address } = addressOn(port, evadeTo(half.port, whole));
    await address.open();
    expect(address.place).toMatchObject({ bind: { port: whole }, twinFailure: undefined });
    await expect(dial(half.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it.skipIf(!hasIpv6)("has an alternative without its twin where there is no better one", async () => {
    const { port } = await startHolder();
    const half = await startHolder("::1");
    const { address } = addressOn(port, evadeTo(half.port));
    await address.open();
    expect(address.place).toMatchObject({ bind: { port: half.port }, twinFailure: { code: "port-busy" } });
  });

  it("is busy after all when every alternative is", async () => {
    const { port } = await startHolder();
    const other = await startHolder();
    const { address } = addressOn(port, evadeTo(other.port));
    await expect(address.open()).rejects.toThrow(`${host}:${port} is already in use`);
  });

  it("is taken at once when the policy has made its holder leave", async () => {
    const holder = await startHolder();
    const evict = { ...holdPort, onBusy: (_wanted: unknown, failure: Failure) => holder.end().then(() => failure) };
    const { address } = addressOn(holder.port, evict);
    await address.open();
    expect(address.place).toMatchObject({ bind: { port: holder.port }, displacedBy: undefined });
  });
});

describe("an address that is left to another tunnel of ours", () => {
  const reserve = () => {
    let owner: Failure | undefined = new Failure("port-busy", "it is another tunnel's");
    return { reservation: () => owner, free: () => (owner = undefined) };
  };

  it("is not taken while it is free, before the other one is gone", async () => {
    const [port, other] = [await freePort(), await freePort()];
    const { reservation, free } = reserve();
    const { address, looks } = addressOn(port, { ...evadeTo(other), reservation });
    await address.open();
    expect(address.place).toMatchObject({ bind: { port: other }, displacedBy: { message: "it is another tunnel's" } });
    await until(() => looks() >= 4);
    expect(address.place).toMatchObject({ bind: { port: other }, displacedBy: { message: "it is another tunnel's" } });
    free();
    await until(() => address.place?.bind.port === port);
  });

  it("holds the tunnel where there is no alternative", async () => {
    const { reservation } = reserve();
    const { address } = addressOn(await freePort(), { ...holdPort, reservation });
    await expect(address.open()).rejects.toMatchObject({ code: "port-busy" });
    expect(await address.openIfFree()).toBe(false);
  });
});

describe("an alternative", () => {
  it("is given back as soon as the wanted address is free", async () => {
    const holder = await startHolder();
    const free = await freePort();
    const { address, placed } = addressOn(holder.port, evadeTo(free));
    await address.open();
    await holder.end();
    await until(() => address.place?.bind.port === holder.port);
    expect(address.place?.displacedBy).toBeUndefined();
    expect(placed()).toEqual([free, holder.port]);
    await dial(holder.port);
    await expect(dial(free)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("is kept while somebody is connected through it, and serves others meanwhile", async () => {
    const holder = await startHolder();
    const free = await freePort();
    const { address, clients, looks } = addressOn(holder.port, evadeTo(free));
    await address.open();
    await dial(free);
    await until(() => clients.size === 1);
    await holder.end();
    const looksBefore = looks();
    await until(() => looks() === looksBefore + 2);
    expect(address.place?.bind.port).toBe(free);
    await until(
      () => address.place?.displacedBy?.message === `${host}:${holder.port} is free again, and is taken back when no connection is open`,
    );
    await dial(free);
    await until(() => clients.size === 2);
    for (const client of clients) client.destroy();
    await until(() => address.place?.bind.port === holder.port);
  });

  it("is not left for a wanted address that is free again when the forward was closed", async () => {
    const holder = await startHolder();
    const { address, placed } = addressOn(holder.port, evadeTo(await freePort()));
    await address.open();
    address.close();
    await holder.end();
    await address.open();
    expect(address.place?.bind.port).toBe(holder.port);
    expect(placed()).toHaveLength(2);
  });
});

describe.skipIf(!hasIpv6)("the loopback twin of an address", () => {
  it("is taken as soon as whoever had it has left, once, and with nobody's harm", async () => {
    const squatter = await startHolder("::1");
    const { address, clients, placed, twins } = addressOn(squatter.port, holdPort);
    await address.open();
    expect(address.place).toMatchObject({ twinFailure: { code: "port-busy" } });
    await dial(squatter.port);
    await until(() => clients.size === 1);
    await squatter.end();
    await until(() => address.place?.twinFailure === undefined);
    await dial(squatter.port, "::1");
    await until(() => clients.size === 2);
    expect(placed()).toEqual([squatter.port]);
    expect(twins()).toEqual([undefined]);
  });

  it("is given back with the address, also when it came late", async () => {
    const squatter = await startHolder("::1");
    const { address } = addressOn(squatter.port, holdPort);
    await address.open();
    await squatter.end();
    await until(() => address.place?.twinFailure === undefined);
    address.close();
    await expect(dial(squatter.port, "::1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await expect(dial(squatter.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("is taken beside an alternative, too, and given back with it", async () => {
    const holder = await startHolder();
    const squatter = await startHolder("::1");
    const { address, clients, twins } = addressOn(holder.port, evadeTo(squatter.port));
    await address.open();
    await squatter.end();
    await until(() => address.place?.twinFailure === undefined);
    expect(address.place).toMatchObject({ bind: { port: squatter.port }, displacedBy: { code: "port-busy" } });
    await dial(squatter.port, "::1");
    await until(() => clients.size === 1);
    for (const client of clients) client.destroy();
    await holder.end();
    await until(() => address.place?.bind.port === holder.port);
    expect(address.place).toMatchObject({ displacedBy: undefined, twinFailure: undefined });
    await expect(dial(squatter.port, "::1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(twins()).toEqual([undefined]);
  });

  it("is taken after the wanted address, when that is free first", async () => {
    const holder = await startHolder();
    const squatter = await startHolder("::1", holder.port);
    const { address } = addressOn(holder.port, evadeTo(await freePort()));
    await address.open();
    await holder.end();
    await until(() => address.place?.bind.port === holder.port);
    expect(address.place).toMatchObject({ displacedBy: undefined, twinFailure: { code: "port-busy" } });
    await squatter.end();
    await until(() => address.place?.twinFailure === undefined);
  });

  it.skipIf(process.platform !== "linux")("is said to be another's as soon as another has it", async () => {
    const squatter = await startHolder("::1");
    const { address, twins } = addressOn(squatter.port, holdPort);
    await address.open();
    expect(address.place?.twinFailure?.message).toContain(`pid ${process.pid} `);
    const heir = await startHeir(squatter.server);
    await squatter.end();
    await until(() => address.place?.twinFailure?.message.includes(`pid ${heir.pid} `) === true);
    expect(twins()).toEqual([expect.stringContaining(`pid ${heir.pid} `)]);
  });
});

/** Another process that listens with the very socket of `server`, so that its address is never free between the two. */
async function startHeir(server: Server): Promise<ChildProcess> {
  const script = 'process.once("message", (_, server) => process.send(server.listening))';
  const heir = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const exited = once(heir, "exit");
  cleanups.add(async () => {
    heir.kill("SIGKILL");
    await exited;
  });
  heir.send("yours", server);
  await once(heir, "message");
  return heir;
}

function evadeTo(...ports: number[]): BusyPolicy {
  return { ...holdPort, alternatives: () => ports };
}

function addressOn(port: number, policy: BusyPolicy) {
  const places: Place[] = [];
  const clients = new Set<Socket>();
  const onConnection = (client: Socket) => {
    clients.add(client);
    client.on("error", () => {}).once("close", () => clients.delete(client));
  };
  const twins: (string | undefined)[] = [];
  const noting: BusyPolicy = {
    ...policy,
    onPlaced: (_wanted, place) => void places.push(place),
    onTwinChanged: ({ twinFailure }) => void twins.push(twinFailure?.message),
  };
  let looks = 0;
  const isInUse = () => {
    looks += 1;
    return clients.size > 0;
  };
  const address = new LocalAddress({ host, port }, onConnection, isInUse, noting, { tryEveryMs: 20, triesPerLook: 2 });
  cleanups.add(() => {
    address.close();
    for (const client of clients) client.destroy();
  });
  return { address, clients, looks: () => looks, placed: () => places.map(({ bind }) => bind.port), twins: () => twins };
}

/** A listener on a port that others leave alone. */
async function startHolder(on = host, onPort?: number): Promise<{ port: number; server: Server; end(): Promise<void> }> {
  const port = onPort ?? (await freePort());
  const server: Server = createServer((socket) => socket.destroy());
  server.listen({ port, host: on, exclusive: true });
  await once(server, "listening");
  const end = async () => {
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  };
  cleanups.add(end);
  return { port, server, end };
}

async function dial(port: number, to = host): Promise<Socket> {
  const socket = connect(port, to);
  cleanups.add(() => socket.destroy());
  await once(socket, "connect");
  socket.on("error", () => {});
  return socket;
}
