import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { freePort } from "../support/sshd.js";
import { fetchText, isVerified, makeHome, makeOpenScene, makeScene, tunnels, untilTunnel, wordsFor } from "./scene.js";

it("holds when a program has the local port, names it, and leaves every other tunnel alone", async () => {
  const { home, sshd, service, port } = await makeOpenScene();
  const busyPort = await freePort();
  const squatter = await startSquatter(busyPort);
  const words = wordsFor(sshd, busyPort, service.port);

  const up = await home.run("up", ...words, "--name", "late");

  expect(up.code).toBe(5);
  expect(up.stdout).toContain("held");
  expect(up.stdout).toContain(`127.0.0.1:${busyPort} is already in use by`);
  expect(up.stdout).toContain(`pid ${squatter.pid}`);
  expect(up.stdout).toContain("squatter.cjs");
  expect(await tunnels(home)).toMatchObject([
    { name: "web", health: "verified", reconnects: 0 },
    { name: "late", phase: "held", failure: { code: "port-busy", recovery: "needs-user" }, forwards: [{ listening: false }] },
  ]);
  expect(await fetchText(port)).toBe("ok\n");
  expect(await fetchText(busyPort)).toBe("squatter");

  await squatter.end();
  expect((await home.run("up", "late")).code).toBe(0);
  expect(await fetchText(busyPort)).toBe("ok\n");
  await untilTunnel(home, "late", isVerified);
});

it("says which other clawtunnel has the port", async () => {
  const { home, sshd, service, port } = await makeOpenScene();
  const other = makeHome();

  const up = await other.run("up", ...wordsFor(sshd, port, service.port));

  expect(up.code).toBe(5);
  const who = process.platform === "linux" ? `another clawtunnel (home ${home.dir}), pid ` : "another clawtunnel";
  expect(up.stdout).toContain(`127.0.0.1:${port} is already in use by ${who}`);
  expect(up.stdout).toContain(String(home.daemonPid()));
});

it("warns when somebody else has the other loopback address of its port", async () => {
  const { home, port, words } = await makeScene();
  const squatter = await startSquatter(port, "::1").catch(() => undefined);
  if (squatter === undefined) return;

  const up = await home.run("up", ...words);

  expect(up.code).toBe(0);
  expect(up.stdout).toContain("warning: ");
  expect(up.stdout).toContain(`pid ${squatter.pid}`);
  expect(await fetchText(port)).toBe("ok\n");
});

/** Another program of this machine, which has the port. */
async function startSquatter(port: number, host = "127.0.0.1"): Promise<{ pid: number | undefined; end(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "clawtunnel-squatter-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const script = join(folder, "squatter.cjs");
  const answer = `(_request, response) => response.end("squatter")`;
  writeFileSync(script, `require("node:http").createServer(${answer}).listen(${port}, "${host}", () => console.log("ready"))`);
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "ignore"] });
  const exited = once(child, "exit");
  const end = async () => {
    child.kill();
    await exited;
  };
  onTestFinished(end);
  const ready = once(createInterface({ input: child.stdout }), "line");
  await Promise.race([ready, exited.then(() => Promise.reject(new Error(`nobody can listen on ${host}`)))]);
  return { pid: child.pid, end };
}
