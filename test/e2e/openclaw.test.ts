import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startHttpService } from "../support/http-service.js";
import { startSmallGateway } from "../support/small-gateway.js";
import { freePort } from "../support/sshd.js";
import { gatewayConfig, startStandInGateway } from "../support/stand-in-gateway.js";
import { until } from "../support/until.js";
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
  const [sshd, gatewayPort, port] = await Promise.all([makeSshd(), freePort(), freePort()]);
  const gatewayHome = mkdtempSync("/tmp/ct-gateway-");
  onTestFinished(() => rmSync(gatewayHome, { recursive: true }));
  const gateway = await startStandInGateway(gatewayHome, { config: gatewayConfig(`port: ${gatewayPort}`) });
  onTestFinished(gateway.stop);
  const home = makeHome();

  const up = await home.run("up", ...wordsFor(sshd, port, gatewayPort), "--preset", "openclaw");

  expect(up.code, up.stdout).toBe(0);
  expect(up.stdout).toContain(`http://127.0.0.1:${port}`);
  expect(up.stdout).toContain("OpenClaw gateway 2026.9.6 live");
  expect(await tunnels(home)).toMatchObject([
    {
      name: "openclaw",
      health: "verified",
      forwards: [{ url: `http://127.0.0.1:${port}`, health: { detail: "OpenClaw gateway 2026.9.6 live" } }],
    },
  ]);
  expect((await home.run("url")).stdout).toBe(`http://127.0.0.1:${port}\n`);
  expect((await home.run("url", "--env")).stdout).toBe(
    `CLAWTUNNEL_OPENCLAW_URL='http://127.0.0.1:${port}'\nOPENCLAW_GATEWAY_URL='ws://127.0.0.1:${port}'\n`,
  );
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

it.skipIf(process.platform !== "linux")("opens the gateway's page, with a token that no argument and no log has", async () => {
  const [sshd, gateway, port] = await Promise.all([makeSshd(), startSmallGateway(), freePort()]);
  const bin = mkdtempSync("/tmp/ct-bin-");
  onTestFinished(() => rmSync(bin, { recursive: true }));
  writeFileSync(join(bin, "xdg-open"), '#!/bin/sh\nprintf %s "$*" > "$HOME/opened"\n', { mode: 0o700 });
  const home = makeHome({ PATH: `${bin}:${process.env.PATH}`, DISPLAY: ":0", MY_TOKEN: "s3cret/token" });
  const opened = () => readFileSync(join(home.userDir, "opened"), "utf8");
  await home.run("up", ...wordsFor(sshd, port, gateway.to.port), "--preset", "openclaw");

  expect(await home.run("open", "--print")).toMatchObject({ code: 0, stdout: `http://localhost:${port}/\n` });
  const plain = await home.run("open");
  expect(plain.code, plain.stderr).toBe(0);
  expect(opened()).toBe(`http://localhost:${port}/`);

  const running = home.start("open", "openclaw", "--token-env", "MY_TOKEN");
  const page = await until(() => /^http:\/\/127\.0\.0\.1:\d+\/\S+$/.exec(opened())?.[0]);
  const answer = await fetch(page, { redirect: "manual" });
  expect(answer.headers.get("location")).toBe(`http://localhost:${port}/#token=s3cret%2Ftoken`);
  const { code, stdout, stderr } = await running.ended;
  expect(code, stderr).toBe(0);
  expect(stdout + stderr + readFileSync(home.paths.logFile, "utf8")).not.toContain("s3cret");

  await home.run("down", "openclaw");
  rmSync(join(home.userDir, "opened"));
  expect(await home.run("open")).toMatchObject({ code: 5, stderr: expect.stringContaining("openclaw is stopped") });
  expect(existsSync(join(home.userDir, "opened"))).toBe(false);
});

it("points the openclaw of this machine at the tunnel when asked to, and keeps it so when the port moves", async () => {
  const [sshd, gateway, holder] = await Promise.all([makeSshd(), startSmallGateway(), startHttpService()]);
  const home = makeHome();
  const file = join(home.userDir, ".openclaw", "openclaw.json");
  mkdirSync(dirname(file), { mode: 0o700 });
  writeFileSync(file, "{ gateway: { mode: 'local' } } // mine\n");
  const told = () => /ws:[^"']*/.exec(readFileSync(file, "utf8"))?.[0];
  const words = [...wordsFor(sshd, holder.port, gateway.to.port), "--preset", "openclaw", "--on-port-busy", "next"];

  const refused = await home.run("up", ...words, "--configure-client");
  expect(refused.code, refused.stdout + refused.stderr).toBe(1);
  expect(refused.stderr).toContain('gateway.mode is "local"');
  expect(refused.stderr).toContain("--yes");
  expect(told()).toBeUndefined();

  const up = await home.run("up", ...words, "--configure-client", "--yes");
  expect(up.code, up.stdout + up.stderr).toBe(0);
  const moved = (await home.run("url", "openclaw")).stdout.trim().replace("http:", "ws:");
  expect(moved).not.toBe(`ws://127.0.0.1:${holder.port}`);
  expect(told()).toBe(moved);
  expect(up.stderr).toContain(`the openclaw of this machine uses ${moved} now (${file}; before: ${file}.clawtunnel-backup)`);
  expect(readFileSync(file, "utf8")).toContain("} // mine\n");

  await holder.close();
  await until(() => told() === `ws://127.0.0.1:${holder.port}`);
  const again = await home.run("up", "openclaw", "--configure-client");
  expect(again.stderr).toContain("already");
});

it("tells a second gateway the command that opens it beside the first", async () => {
  const home = makeHome();
  await home.run("up", "me@127.0.0.1:1", "--once", "--wait", "0");

  const second = await home.run("up", "me@127.0.0.2:1", "--wait", "0");

  expect(second.code).toBe(2);
  expect(second.stderr).toContain("`clawtunnel up me@127.0.0.2:1 --local-port 28789`");

  await home.run("up", "me@127.0.0.2:1", "--once", "--wait", "0", "--on-port-busy", "next");
  await until(async () => /:18(79[1-9]|8\d\d)$/.test((await home.run("url", "openclaw-2")).stdout.trim()));
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
