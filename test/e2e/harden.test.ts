import { describe, expect, it } from "vitest";
import type { AuditReport } from "../../src/openclaw/audit/report.js";
import type { Home } from "../support/clawtunnel.js";
import { hasNamespaces, makeServerMachine } from "../support/namespace.js";
import { freePort } from "../support/sshd.js";
import { sshdKind } from "../support/test-sshd.js";
import { until } from "../support/until.js";
import { engineWords, fetchText, makeHome, wordsFor } from "./scene.js";

/** A gateway that everybody reaches, and the tunnel to it. */
async function makeExposed(engine: "ssh2" | "openssh" = "ssh2") {
  const [machine, port, home] = [await makeServerMachine(), await freePort(), makeHome()];
  const gateway = await machine.startGateway("bind: 'lan', // for the phone", { isService: true });
  const words = [...wordsFor(machine.sshd, port, 18_789), ...engineWords(engine), "--preset", "openclaw", "--name", "gate"];
  const up = await home.run("up", ...words);
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

async function audit(home: Home): Promise<{ readonly code: number | null; readonly report: AuditReport }> {
  const { code, stdout, stderr } = await home.run("audit", "gate", "--json");
  const [report] = JSON.parse(stdout || "[]") as AuditReport[];
  if (report === undefined) throw new Error(`no report: ${stderr}`);
  return { code, report };
}

describe.skipIf(!hasNamespaces)("clawtunnel harden", () => {
  it("closes a gateway to everybody but the tunnel, which answers but for the restart", { timeout: 90_000 }, async () => {
    const { machine, gateway, port, home } = await makeExposed();
    const exposed = await audit(home);
    expect(exposed.code).toBe(1);
    expect(exposed.report.verdict).toBe("exposed");
    const evidence = exposed.report.findings.map(({ code, layer, evidence }) => ({ code, layer, evidence: evidence.join("\n") }));
    expect(evidence).toContainEqual({
      code: "listens-everywhere",
      layer: "listeners",
      evidence: expect.stringMatching(/^LISTEN\s.* 0\.0\.0\.0:18789 .*gateway\.bind is "lan"/s),
    });
    expect(evidence).toContainEqual({
      code: "answers-publicly",
      layer: "reach",
      evidence: `from here, ${machine.address} port 18789: GET /healthz: 200 application/json; charset=utf-8, an OpenClaw gateway's`,
    });
    const told = await home.run("audit", "gate");
    expect(told.code).toBe(1);
    expect(told.stdout).toContain("EXPOSED");
    expect(told.stdout).toContain("clawtunnel harden gate");
    expect((await home.run("status", "gate")).stdout).toContain(`exposed: the gateway on port 18789 answers at ${machine.address}`);

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
    expect(hardened.stderr).toContain(`from here, ${machine.address} port 18789: refused`);
    const clean = await audit(home);
    expect(await watched()).toEqual({ first: true, last: true, gaps: 1 });
    expect(clean).toMatchObject({ code: 0, report: { verdict: "clean", findings: [] } });
    expect(Object.values(clean.report.layers).map(({ state }) => state)).toEqual(["looked", "looked", "looked"]);
    expect(await answers(18_789, machine.address)).toBe(false);
    expect((await home.run("status", "gate")).stdout).not.toMatch(/expos/i);

    const again = await home.run("harden", "gate", "--yes");
    expect(again.code).toBe(0);
    expect(again.stdout).toContain("nothing to do");
  });

  it.runIf(sshdKind() === "openssh")("does the same through the system's own ssh", { timeout: 90_000 }, async () => {
    const { home } = await makeExposed("openssh");
    expect(await audit(home)).toMatchObject({ code: 1, report: { verdict: "exposed" } });
    const hardened = await home.run("harden", "gate", "--yes", "--restart", "not-needed here");
    expect(hardened.code, hardened.stdout + hardened.stderr).toBe(0);
    expect(hardened.stderr).toMatch(/What starts it anew, on the server, as \S+: not-needed here\n/);
    expect(await audit(home)).toMatchObject({ code: 0, report: { verdict: "clean", findings: [] } });
  });

  it("is finished by the next one when the daemon was killed in the midst of it", { timeout: 60_000 }, async () => {
    const { machine, gateway, home } = await makeExposed();
    const killed = home.start("harden", "gate", "--yes");
    await until(() => killed.stderr().includes("the change is written"));
    process.kill(home.daemonPid() ?? 0, "SIGKILL");
    expect((await killed.ended).code).toBe(5);

    await home.run("up", "gate");
    // The gateway may be in the midst of its restart.
    expect((await home.run("wait", "gate", "--timeout", "30")).code).toBe(0);
    const finished = await home.run("harden", "gate", "--yes");

    expect(finished.code, finished.stdout + finished.stderr).toBe(0);
    expect(finished.stderr).toContain("an earlier run did not come to its end");
    expect(await answers(18_789, machine.address)).toBe(false);
    expect(gateway.readConfig()).toMatch(/bind"?: "loopback"/);
  });
});
