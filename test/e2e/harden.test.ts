import { describe, expect, it } from "vitest";
import { hasNamespaces, makeServerMachine } from "../support/namespace.js";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";
import { fetchText, makeHome, wordsFor } from "./scene.js";

/** A gateway that everybody reaches, and the tunnel to it. */
async function makeExposed() {
  const [machine, port, home] = [await makeServerMachine(), await freePort(), makeHome()];
  const gateway = await machine.startGateway("bind: 'lan', // for the phone", { isService: true });
  const up = await home.run("up", ...wordsFor(machine.sshd, port, 18_789), "--preset", "openclaw", "--name", "gate");
  expect(up.code, up.stdout + up.stderr).toBe(0);
  return { machine, gateway, port, home };
}

const answers = async (port: number, host?: string) => (await fetchText(port, host, "/healthz").catch(() => "")).includes('"live"');

/** Asks again and again whether the gateway answers; tells in how many stretches it did not. */
function watch(port: number) {
  const seen: boolean[] = [];
  let isOver = false;
  const over = (async () => {
    while (!isOver) seen.push(await answers(port));
  })();
  return async () => {
    isOver = true;
    await over;
    return { first: seen[0], last: seen.at(-1), gaps: seen.filter((isUp, index) => !isUp && seen[index - 1] === true).length };
  };
}

describe.skipIf(!hasNamespaces)("clawtunnel harden", () => {
  it("closes a gateway to everybody but the tunnel, which answers but for the restart", { timeout: 60_000 }, async () => {
    const { machine, gateway, port, home } = await makeExposed();
    expect(await answers(18_789, machine.address)).toBe(true);

    const before = gateway.readConfig();
    const dryRun = await home.run("harden", "gate", "--dry-run");
    expect(dryRun.code, dryRun.stderr).toBe(0);
    expect(dryRun.stdout).toContain('+    bind: "loopback", // for the phone');
    expect(dryRun.stdout + dryRun.stderr).not.toContain(gateway.token);
    expect(gateway.readConfig()).toBe(before);
    const unasked = await home.run("harden", "gate");
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toContain("--yes");

    const watched = watch(port);
    const hardened = await home.run("harden", "gate", "--yes");
    expect(hardened.code, hardened.stdout + hardened.stderr).toBe(0);
    expect(await watched()).toEqual({ first: true, last: true, gaps: 1 });
    expect(await answers(18_789, machine.address)).toBe(false);
    expect(machine.run("ss", "-ltnH", "sport = :18789")).not.toContain("0.0.0.0:18789");
    const verdict = async () => JSON.parse((await home.run("status", "--json")).stdout).tunnels[0].exposure?.verdict;
    await until(async () => ["clean", "findings"].includes(await verdict()));

    const again = await home.run("harden", "gate", "--yes");
    expect(again.code).toBe(0);
    expect(again.stdout).toContain("nothing to do");
  });

  it("is finished by the next one when the daemon was killed in the midst of it", { timeout: 60_000 }, async () => {
    const { machine, gateway, home } = await makeExposed();
    const killed = home.start("harden", "gate", "--yes");
    await until(() => killed.stderr().includes("the change is written"));
    process.kill(home.daemonPid() ?? 0, "SIGKILL");
    expect((await killed.ended).code).toBe(5);

    expect((await home.run("up", "gate")).code).toBe(0);
    const finished = await home.run("harden", "gate", "--yes");

    expect(finished.code, finished.stdout + finished.stderr).toBe(0);
    expect(finished.stderr).toContain("an earlier run did not come to its end");
    expect(await answers(18_789, machine.address)).toBe(false);
    expect(gateway.readConfig()).toMatch(/bind"?: "loopback"/);
  });
});
