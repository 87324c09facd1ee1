import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Home, hasTerminal } from "../support/clawtunnel.js";
import { sshdKind } from "../support/test-sshd.js";
import { until } from "../support/until.js";
import { fetchText, isVerified, makeScene, tunnels, untilTunnel } from "./scene.js";

const secretWord = "correct horse battery staple";
const canRun = hasTerminal && sshdKind() === "openssh" && spawnSync("ssh-keygen", ["-?"]).error === undefined;

it.skipIf(!canRun)("needs a person once for a key with a passphrase, and then comes back by itself", async () => {
  const { home, sshd, port, question } = await openLocked();
  expect(await fetchText(port)).toBe("ok\n");

  await sshd.killSessions();
  await untilTunnel(home, "web", (tunnel) => isVerified(tunnel) && tunnel.reconnects === 1);

  await home.daemon.restart("web");
  await until(async () => (await tunnels(home))[0]?.renewal === null);
  expect(await tunnels(home)).toMatchObject([{ phase: "up", health: "verified", prompt: null }]);

  const pid = home.daemonPid() ?? 0;
  expect(readFileSync(`/proc/${pid}/cmdline`, "utf8") + readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain(secretWord);
  for (const command of [["status", "--json"], ["logs"], ["history", "--json"], ["show", "web"]]) {
    const { stdout, stderr } = await home.run(...command);
    expect(stdout + stderr, command[0]).not.toContain(secretWord);
  }
  for (const path of filesOf(home)) expect(readFileSync(path, "utf8"), path).not.toContain(secretWord);
  expect(readFileSync(home.paths.logFile, "utf8")).toContain(question.trim());
});

it.skipIf(!canRun)("is held for the passphrase by a daemon that nobody has told it, until a person does", async () => {
  const { home, question } = await openLocked();
  expect((await home.run("daemon", "--stop")).code).toBe(0);

  const script = await home.run("up", "web");
  expect(script.code, script.stdout).toBe(5);
  expect(script.stdout).toContain("`clawtunnel up web`");
  expect(await tunnels(home)).toMatchObject([{ phase: "held", failure: { code: "identity-locked" }, prompt: null }]);

  const up = home.startInTerminal("up", "web");
  await until(() => up.stdout().includes(question));
  up.type("wrong\r");
  await until(() => up.stdout().includes("that was not right; once more"));
  up.type(`${secretWord}\r`);
  expect((await up.ended).code, up.stdout()).toBe(0);
});

it.skipIf(!canRun)("has forgotten the passphrase after `forget`", async () => {
  const { home, sshd, question } = await openLocked();
  const { code, stdout } = await home.run("forget");
  expect([code, stdout]).toEqual([0, `forgotten: passphrase ${sshd.clientKeyPath}\n`]);
  await sshd.killSessions();
  const held = await untilTunnel(home, "web", ({ phase }) => phase === "held");
  expect(held.failure?.message).toContain(question.trim());
});

/** A tunnel that is verified, by a key whose passphrase a person has typed. */
async function openLocked() {
  const scene = await makeScene();
  const { home, sshd } = scene;
  execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", secretWord, "-f", sshd.clientKeyPath]);
  const question = `Enter passphrase for key '${sshd.clientKeyPath}': `;
  const up = home.startInTerminal("up", ...scene.words, "--name", "web");
  await until(() => up.stdout().includes(question));
  up.type(`${secretWord}\r`);
  const { code } = await up.ended;
  expect(code, up.stdout()).toBe(0);
  expect(up.stdout()).not.toContain(secretWord);
  return { ...scene, question };
}

function filesOf({ dir }: Home): string[] {
  const paths = readdirSync(dir, { recursive: true, encoding: "utf8" }).map((name) => join(dir, name));
  return paths.filter((path) => statSync(path).isFile());
}
