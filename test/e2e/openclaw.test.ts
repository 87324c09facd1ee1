import { expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../src/demo/gateway.js";
import { freePort } from "../support/sshd.js";
import { fetchText, makeHome, makeScene, makeService, makeSshd, tunnels, wordsFor } from "./scene.js";

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

it("knows a gateway too old for the health check by its page", async () => {
  const page = "<!doctype html><title>OpenClaw Control</title>";
  const [sshd, service, port] = await Promise.all([
    makeSshd(),
    makeService((_request, response) => void response.setHeader("content-type", "text/html").end(page)),
    freePort(),
  ]);
  const home = makeHome();

  const up = await home.run("up", ...wordsFor(sshd, port, service.port), "--preset", "openclaw");

  expect(up.code).toBe(4);
  expect(up.stdout).toContain("older than 2026.3.1");
});

it("means the gateway's own port on both sides when no forward is given, and the one above it if that is ever of use", async () => {
  const home = makeHome();

  await home.run("up", "me@127.0.0.1:1", "--once", "--wait", "0");

  const forwards = [
    { bind: "127.0.0.1:18789", to: "127.0.0.1:18789", optional: false },
    { bind: "127.0.0.1:18790", to: "127.0.0.1:18790", optional: true, listening: false },
  ];
  expect(await tunnels(home)).toMatchObject([{ name: "openclaw", target: "me@127.0.0.1:1", forwards }]);
  expect((await home.run("url")).stdout).toBe("http://127.0.0.1:18789\n");
  expect((await home.run("status")).stdout).not.toContain("18790");
});
