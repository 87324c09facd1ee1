import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { beforeEach, describe, expect, it } from "vitest";
import { type Endpoint, isSocketPath } from "../../../src/base/address.js";
import { neverAborted } from "../../support/login.js";
import { freePort } from "../../support/sshd.js";
import type { TestSshd } from "../../support/test-sshd.js";
import { until } from "../../support/until.js";
import { engines, hasRealServer, readAll, useScene } from "./scene.js";

const isRefused = (error: { code?: unknown }) => error.code === "ECONNREFUSED";

describe.skipIf(!hasRealServer).each(engines)("a remote forward by %s", (_name, engine) => {
  const scene = useScene(engine);
  let sshd: TestSshd;
  beforeEach(async () => {
    sshd = await scene.sshd();
  });

  const shout = (channel: Duplex) => void channel.end("from afar");

  it("hands over each connection to a port that the server chose", async () => {
    const session = await scene.connect(sshd);
    const listener = await session.listen({ host: "127.0.0.1", port: 0 }, shout, neverAborted);
    expect(portOf(listener.bind)).toBeGreaterThan(0);
    const texts = await Promise.all([1, 2, 3].map(async () => (await readAll(await knock(listener.bind))).toString()));
    expect(texts).toEqual(["from afar", "from afar", "from afar"]);
  });

  it("hands over each connection to a unix socket of the server", async () => {
    const session = await scene.connect(sshd);
    const bind = { path: join(scene.cleanups.folder(), "socket") };
    await session.listen(bind, shout, neverAborted);
    expect((await readAll(await knock(bind))).toString()).toBe("from afar");
  });

  it("is half-open: the far side may end its question and still hear the answer", async () => {
    const session = await scene.connect(sshd);
    const listener = await session.listen(
      { host: "127.0.0.1", port: 0 },
      (channel) => {
        let heard = 0;
        channel.on("data", (chunk: Buffer) => {
          heard += chunk.length;
        });
        channel.once("end", () => channel.end(`heard ${heard}`));
      },
      neverAborted,
    );
    const client = await knock(listener.bind);
    client.end(Buffer.alloc(500_000));
    expect((await readAll(client)).toString()).toBe("heard 500000");
  });

  it("that is taken is refused by name, and the session goes on", async () => {
    const session = await scene.connect(sshd);
    const taken = await scene.service();
    const asked = session.listen({ host: "127.0.0.1", port: taken.port }, shout, neverAborted);
    await expect(asked).rejects.toMatchObject({ code: "remote-bind-refused" });
    expect(await session.probe(neverAborted)).toBeGreaterThan(0);
  });

  it("that was closed listens no more, and can be asked for again", async () => {
    const session = await scene.connect(sshd);
    const bind = { host: "127.0.0.1", port: await freePort() };
    const first = await session.listen(bind, shout, neverAborted);
    first.close();
    await until(async () =>
      isRefused(
        await knock(bind).then(
          () => ({}),
          (error) => error,
        ),
      ),
    );
    await session.listen(bind, shout, neverAborted);
    expect((await readAll(await knock(bind))).toString()).toBe("from afar");
  });

  it("is given up by the server when the session ends", async () => {
    const session = await scene.connect(sshd);
    const { bind } = await session.listen({ host: "127.0.0.1", port: 0 }, shout, neverAborted);
    session.close();
    await until(async () =>
      isRefused(
        await knock(bind).then(
          () => ({}),
          (error) => error,
        ),
      ),
    );
  });

  async function knock(bind: Endpoint): Promise<Socket> {
    const client = connect({ ...(isSocketPath(bind) ? bind : { host: bind.host, port: bind.port }), allowHalfOpen: true });
    scene.cleanups.add(() => client.destroy());
    // One that came in time to be taken, and too late to be served, is reset.
    client.on("error", () => {});
    await once(client, "connect");
    return client;
  }
});

function portOf(bind: Endpoint): number {
  return isSocketPath(bind) ? Number.NaN : bind.port;
}
