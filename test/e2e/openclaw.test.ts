import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../src/demo/gateway.js";
import { startSmallGateway } from "../support/small-gateway.js";
import { freePort } from "../support/sshd.js";
import {
  engines,
  entryFor,
  fetchText,
  isVerified,
  makeHome,
  makeScene,
  makeService,
  makeSshd,
  tunnels,
  untilTunnel,
  wordsFor,
} from "./scene.js";
import { writeHomeConfig } from "./service-scene.js";

it("recognises an OpenClaw gateway behind the tunnel, and carries a browser's requests to it unchanged", async () => {
  const [sshd, gateway, port] = await Promise.all([makeSshd(), startGateway(), freePort()]);
  onTestFinished(gateway.close);
  const home = makeHome();

  const up = await home.run("up", ...wordsFor(sshd, port, gateway.port), "--preset", "openclaw");

  expect(up.code, up.stdout).toBe(0);
  expect(up.stdout).toContain(`http://127.0.0.1:${port}`);
  expect(up.stdout).toContain("OpenClaw gateway live");
  expect(await tunnels(home)).toMatchObject([
    { name: "openclaw", health: "verified", forwards: [{ url: `http://127.0.0.1:${port}`, health: { detail: "OpenClaw gateway live" } }] },
  ]);
  expect((await home.run("url")).stdout).toBe(`http://127.0.0.1:${port}\n`);
  // The gateway refuses whatever comes with a proxy's header.
  expect(await fetchText(port)).toContain("<title>OpenClaw Control</title>");
});

it("does not take a plain web server for a gateway, although it answers 200", async () => {
  const { home, words } = await makeScene();

  const up = await home.run("up", ...words, "--preset", "openclaw");

  expect(up.code).toBe(4);
  expect(up.stdout).toContain("degraded");
  expect(up.stdout).toContain("not an OpenClaw gateway");
  expect(await tunnels(home)).toMatchObject([{ phase: "up", health: "degraded", forwards: [{ health: { state: "failing" } }] }]);
});

it("verifies a gateway that is too old for the health check by its page", async () => {
  const page = "<!doctype html><title>OpenClaw Control</title>";
  const [sshd, service, port] = await Promise.all([
    makeSshd(),
    makeService((_request, response) => void response.setHeader("content-type", "text/html").end(page)),
    freePort(),
  ]);
  const home = makeHome();

  const up = await home.run("up", ...wordsFor(sshd, port, service.port), "--preset", "openclaw");

  expect(up.code, up.stdout).toBe(0);
  expect(up.stdout).toContain("older than 2026.3.7");
  expect(await tunnels(home)).toMatchObject([{ health: "verified", gateway: { state: "old", version: null } }]);
});

it.each(engines)(
  "logs in to the gateway through the tunnel by %s, and names a token that is wrong until the file has the right one",
  async (engine) => {
    const [sshd, gateway, port] = await Promise.all([makeSshd(), startSmallGateway(), freePort()]);
    const home = makeHome();
    const tokenFile = join(home.userDir, "token");
    writeFileSync(tokenFile, "s3cret-of-old", { mode: 0o600 });
    gateway.token = "s3cret-of-today";
    const health = { openclaw: true, deep: { tokenFile } };
    writeHomeConfig(home, { tunnels: { web: { ...entryFor(sshd, port, gateway.to.port, engine), health } } });

    const up = await home.run("up", "web");
    expect(up.code, up.stdout).toBe(4);
    expect(up.stdout).toContain("refuses the token (AUTH_TOKEN_MISMATCH)");
    writeFileSync(tokenFile, gateway.token);
    const verified = await untilTunnel(home, "web", isVerified);

    expect(verified.gateway).toMatchObject({ state: "live", version: "2026.9.6", deep: { state: "ok", protocol: 4 } });
    expect(verified.reconnects).toBe(0);
    const told = [up.stdout, up.stderr, readFileSync(home.paths.logFile, "utf8"), readFileSync(home.paths.historyFile, "utf8")];
    expect(told.join() + JSON.stringify(await tunnels(home))).not.toContain("s3cret");
  },
);

it("means the gateway's own port on both sides when no forward is given", async () => {
  const home = makeHome();

  await home.run("up", "me@127.0.0.1:1", "--once", "--wait", "0");

  expect(await tunnels(home)).toMatchObject([
    { name: "openclaw", target: "me@127.0.0.1:1", forwards: [{ bind: "127.0.0.1:18789", to: "127.0.0.1:18789" }] },
  ]);
});
