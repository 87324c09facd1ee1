import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.js";
import type { Destination } from "../../src/config/destination.js";
import type { TunnelSpec } from "../../src/config/tunnel-spec.js";
import { resolveName } from "../../src/daemon/openclaw/resolve-name.js";
import { createSshEngine } from "../../src/ssh/engine.js";
import { Knocker } from "../../src/ssh/knock.js";
import { nobody } from "../../src/ssh/person.js";
import { ssh2Engine } from "../../src/ssh/ssh2/engine.js";
import { noPast } from "../../src/tunnel/outage.js";
import { reportTunnel } from "../../src/tunnel/report.js";
import { TunnelRunner } from "../../src/tunnel/runner.js";
import { Cleanups } from "../support/cleanups.js";
import { loginTo } from "../support/login.js";
import { holdPort, quietLog } from "../support/quiet.js";
import { freePort } from "../support/sshd.js";
import { startTcpService } from "../support/tcp-service.js";
import { sshdKind, startTestSshd } from "../support/test-sshd.js";
import { until } from "../support/until.js";
import { forwardSpec } from "../unit/fixtures/forwards.js";
import { specFor } from "./runner/scene.js";

describe.skipIf(sshdKind() !== "openssh")("a tunnel to a real server", () => {
  const cleanups = new Cleanups();
  let bin: string;
  beforeEach(() => {
    bin = cleanups.folder();
  });
  afterEach(cleanups.run);

  /** What `docker inspect` prints on the server from now on. */
  function dockerSays(address: string): void {
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "docker"), `#!/bin/sh\necho clawtunnel-address=${address}\n`);
    chmodSync(join(bin, "docker"), 0o755);
  }

  async function openTunnel(changes: Partial<TunnelSpec>, authorizedKeysOptions?: string) {
    const sshd = await startTestSshd({
      environment: { PATH: `${bin}:/usr/bin:/bin` },
      ...(authorizedKeysOptions !== undefined && { authorizedKeysOptions }),
    });
    cleanups.add(sshd.dispose);
    const noOpenssh = { name: "openssh", connect: () => Promise.reject(new Error("this test is about ssh2")) } as const;
    const runner = new TunnelRunner(specFor([], { login: loginTo(sshd), ...changes }), {
      engine: createSshEngine({ ssh2: ssh2Engine, openssh: noOpenssh, names: { resolve: resolveName, clock: systemClock } }),
      knocker: new Knocker(Math.random),
      clock: systemClock,
      log: quietLog,
      chance: Math.random,
      agentSocket: () => undefined,
      person: () => nobody,
      busyPolicy: holdPort,
      onChange: () => {},
    });
    cleanups.add(() => runner.handle({ type: "stop", reason: "asked" }));
    runner.handle({ type: "start", reason: "asked" });
    const status = () =>
      reportTunnel(runner, { past: noPast, isSaved: true, scheduleTimes: undefined, prompt: null, exposure: null, isAwaited: false });
    return { sshd, status };
  }

  const leadingTo = (port: number, to: Destination) =>
    ({ ...forwardSpec(port), to, health: { check: { kind: "tcp" }, everyMs: 500, timeoutMs: 5_000 } }) as const;

  it("leads to a container wherever it is, also after it has moved under a session that stands", async () => {
    const service = await startTcpService();
    cleanups.add(service.close);
    dockerSays("127.0.0.9");
    const forward = leadingTo(await freePort(), { container: "web", port: service.port });
    const { status } = await openTunnel({ forwards: [forward] });
    await until(() => status().health === "degraded");
    expect(status()).toMatchObject({ failure: { code: "service-refused" }, forwards: [{ to: `docker:web:${service.port}` }] });
    expect(status().forwards[0]?.resolvedTo).toBe(`127.0.0.9:${service.port}`);
    dockerSays("127.0.0.1");
    await until(() => status().health === "verified");
    expect(status().forwards[0]?.resolvedTo).toBe(`127.0.0.1:${service.port}`);
  });

  it("says that a container is not to be found when the key runs another command", async () => {
    dockerSays("127.0.0.1");
    const forward = leadingTo(await freePort(), { container: "web", port: 80 });
    const { status } = await openTunnel({ forwards: [forward] }, 'restrict,port-forwarding,command="/bin/false"');
    await until(() => status().health === "degraded");
    expect(status()).toMatchObject({ phase: "up", failure: { code: "container-unknown" } });
  });

  it("opens an optional forward once something is behind it, and not where a key may not lead", async () => {
    const [main, other] = [await startTcpService(), await startTcpService()];
    cleanups.add(main.close);
    cleanups.add(other.close);
    const specs = {
      forwards: [leadingTo(await freePort(), { host: "127.0.0.1", port: main.port })],
      optionalForwards: [forwardSpec(await freePort(), other.port)],
    };
    const { status } = await openTunnel(specs);
    await until(() => status().forwards[1]?.listening === true);
    expect(status()).toMatchObject({
      health: "verified",
      forwards: [{ optional: false }, { optional: true, health: { detail: "in use" } }],
    });

    const elsewhere = {
      ...specs,
      forwards: [leadingTo(await freePort(), { host: "127.0.0.1", port: main.port })],
      optionalForwards: [forwardSpec(await freePort(), other.port)],
    };
    const narrow = await openTunnel(elsewhere, `restrict,port-forwarding,permitopen="127.0.0.1:${main.port}"`);
    const refusals = () => narrow.sshd.log().match(/but the request was denied|open failed|refused/gi)?.length ?? 0;
    await until(() => narrow.status().health === "verified" && refusals() > 0);
    expect(narrow.status()).toMatchObject({
      phase: "up",
      failure: null,
      forwards: [{}, { listening: false, health: { detail: "not in use" } }],
    });
  });

  it("is verified while somebody here has the address of its optional forward", async () => {
    const [main, other] = [await startTcpService(), await startTcpService()];
    cleanups.add(main.close);
    cleanups.add(other.close);
    const squatter = createServer();
    const taken = await freePort();
    await new Promise<void>((resolve) => squatter.listen(taken, "127.0.0.1", resolve));
    cleanups.add(() => void squatter.close());
    const { status } = await openTunnel({
      forwards: [leadingTo(await freePort(), { host: "127.0.0.1", port: main.port })],
      optionalForwards: [forwardSpec(taken, other.port)],
    });
    await until(() => status().forwards[1]?.health.detail?.includes("is taken here") === true);
    expect(status()).toMatchObject({ phase: "up", health: "verified", failure: null, forwards: [{}, { listening: false }] });
  });
});
