import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import { applyHarden } from "../../../src/openclaw/harden/harden.js";
import { prepareHarden } from "../../../src/openclaw/harden/plan.js";
import type { HardenProgress } from "../../../src/openclaw/harden/report.js";
import type { HardenWorld } from "../../../src/openclaw/harden/world.js";
import type { RemoteHost } from "../../../src/ssh/session.js";
import type { FakeGatewayHabits } from "../../support/fake-gateway.js";
import { FaultHost } from "../../support/fault-host.js";
import { localHost } from "../../support/local-host.js";
import { HardenScene, original, reachedAt, task } from "./scene.js";

const signal = new AbortController().signal;

function newScene(habits?: FakeGatewayHabits, text?: string): HardenScene {
  const scene = new HardenScene(habits, text);
  onTestFinished(() => scene.end());
  return scene;
}

/** A run that is killed at its command number `at`, counted from the first. */
async function killAt(scene: HardenScene, at: number): Promise<void> {
  const killed = new AbortController();
  const host = new FaultHost(scene.local, { kind: "killed-after", at, mark: 0 }, () => killed.abort(new Failure("internal", "killed")));
  await expect(scene.harden(scene.world(host), killed.signal)).rejects.toThrow();
}

/** The commands of a whole run: twice as many to look, of which the first are for the dry run, then these. */
const looks = 5;
const commands = { begin: 2 * looks, change: 2 * looks + 1 } as const;

describe("hardening a gateway", () => {
  it("shows the change without the token, and writes nothing for that", async () => {
    const scene = newScene();
    const { plan } = await prepareHarden(scene.world(), task, signal);
    expect(plan).toMatchObject({ state: "ready", configFile: scene.file });
    expect(plan.diff).toContain('-    bind: "lan",');
    expect(plan.diff).toContain('+    bind: "loopback",');
    expect(plan.diff.join()).not.toContain("t0p-s3cret");
    expect(scene.text).toBe(original);
    expect(scene.beside).toEqual([]);
  });

  it("changes that one value, keeps the file's mode, and a backup", async () => {
    const scene = newScene();
    chmodSync(scene.file, 0o640);
    const told: HardenProgress[] = [];
    const outcome = await scene.harden(scene.world(), signal, told);
    expect(outcome).toMatchObject({ outcome: "hardened", failure: null });
    expect(scene.text).toBe(original.replace('"lan"', '"loopback"'));
    expect(statSync(scene.file).mode & 0o777).toBe(0o640);
    expect(readFileSync(outcome.backupFile ?? "", "utf8")).toBe(original);
    expect(statSync(outcome.backupFile ?? "").mode & 0o777).toBe(0o640);
    expect(scene.beside).toHaveLength(1);
    expect(told.map(({ state }) => state)).toEqual(["done", "done", "done", "done"]);
  });

  it("has nothing to do the second time", async () => {
    const scene = newScene();
    await scene.harden();
    expect((await prepareHarden(scene.world(), task, signal)).plan.state).toBe("nothing-to-do");
    expect(scene.gateway.restarts).toBe(1);
  });

  it("follows a link, and leaves it one", async () => {
    const scene = newScene();
    const link = join(scene.folder, "link.json");
    symlinkSync(scene.file, link);
    const world = scene.world();
    const linked = {
      ...world,
      config: async (...args: Parameters<typeof world.config>) => ({ ...(await world.config(...args)), bindFile: link }),
    };
    expect((await scene.harden(linked)).outcome).toBe("hardened");
    expect(readFileSync(link, "utf8")).toBe(scene.text);
    expect(scene.text).toContain('bind: "loopback"');
  });

  it("takes paths with blanks and quotes", async () => {
    const scene = newScene();
    const odd = join(scene.folder, "it's $HOME `here`");
    mkdirSync(odd);
    const inner = new HardenScene({}, original, join(odd, "open claw.json"));
    expect((await inner.harden()).outcome).toBe("hardened");
    expect(inner.text).toContain('bind: "loopback"');
  });

  it("refuses what was changed after it was agreed to, and changes nothing", async () => {
    const scene = newScene();
    const { plan } = await prepareHarden(scene.world(), task, signal);
    writeFileSync(scene.file, original.replace("18789", "18789 "));
    scene.gateway.start();
    const applied = applyHarden(scene.world(), task, plan.agreement, () => {}, signal);
    await expect(applied).rejects.toMatchObject({ code: "harden-refused" });
    expect(scene.text).toContain('bind: "lan"');
    expect(scene.beside).toEqual([]);
  });

  it("puts everything back for a gateway that keeps the bind it was started with", async () => {
    const scene = newScene({ keepsBind: true });
    const outcome = await scene.harden();
    expect(outcome).toMatchObject({ outcome: "as-before", backupFile: null, failure: { code: "harden-undone" } });
    expect(outcome.failure?.message).toContain("0.0.0.0:18789");
    expect(scene.text).toBe(original);
    expect(scene.beside).toEqual([]);
  });

  it("restarts such a gateway where a service runs it", async () => {
    const scene = newScene({ keepsBind: true });
    const bin = join(scene.folder, "bin");
    mkdirSync(bin);
    writeFileSync(
      join(bin, "systemctl"),
      `#!/bin/sh\ncase "$*" in *show*) echo MainPID=${process.pid} ;; *restart*) : > '${scene.folder}/restarted' ;; esac\n`,
    );
    chmodSync(join(bin, "systemctl"), 0o755);
    scene.process = { unit: { name: "openclaw-gateway.service", scope: "user" } };
    const host = localHost({ ...process.env, PATH: `${bin}:${process.env.PATH}` });
    const world = scene.world(host);
    const restarting = {
      ...world,
      health: async (aborted: AbortSignal) => {
        if (scene.beside.includes("restarted")) scene.gateway.start();
        return world.health(aborted);
      },
    };
    const told: HardenProgress[] = [];
    expect((await scene.harden(restarting, signal, told)).outcome).toBe("hardened");
    expect(told.map(({ detail }) => detail)).toContain("openclaw-gateway.service was restarted");
  });
});

describe("a gateway's answer at the server's own address", () => {
  it("takes everything back: the loopback alone is not what others come in by", async () => {
    const scene = newScene();
    scene.reached = { seen: [reachedAt(18_789, true)] };
    const outcome = await scene.harden();
    expect(outcome).toMatchObject({ outcome: "as-before", failure: { code: "harden-undone" } });
    expect(outcome.failure?.message).toContain("from here, 203.0.113.7 port 18789: an OpenClaw gateway's");
    expect(outcome.failure?.hint).toContain("clawtunnel audit openclaw");
    expect(scene.text).toBe(original);
  });

  it("is not asked for where there is no way to it", async () => {
    const scene = newScene();
    scene.reached = { notSeen: "the server is reached through hop" };
    const told: HardenProgress[] = [];
    expect((await scene.harden(scene.world(), signal, told)).outcome).toBe("hardened");
    expect(told.map(({ detail }) => detail).join("\n")).toContain("from here it could not be dialled: the server is reached through hop");
  });
});

describe("a command that starts the gateway anew", () => {
  /** The gateway keeps its bind until the command has been run on the server. */
  function newStubborn() {
    const scene = newScene({ keepsBind: true });
    const marker = join(scene.folder, "restart it's");
    const asked = { ...task, restart: `umask > '${marker.replace("'", "'\\''")}'; echo "a lot"` };
    const restarting = (host?: RemoteHost): HardenWorld => {
      const world = scene.world(host);
      const health: HardenWorld["health"] = async (aborted) => {
        const seen = await world.health(aborted);
        if (existsSync(marker)) {
          scene.gateway.start();
          rmSync(marker);
        }
        return seen;
      };
      return { ...world, health };
    };
    return { scene, asked, restarting };
  }

  it("is shown, is part of what is agreed to, and has it hardened", async () => {
    const { scene, asked, restarting } = newStubborn();
    const { plan } = await prepareHarden(restarting(), asked, signal);
    expect(plan.notes.join("\n")).toContain(asked.restart);
    const other = applyHarden(restarting(), { ...asked, restart: "reboot" }, plan.agreement, () => {}, signal);
    await expect(other).rejects.toMatchObject({ code: "harden-refused" });
    const told: HardenProgress[] = [];
    expect((await scene.harden(restarting(), signal, told, asked)).outcome).toBe("hardened");
    expect(told.map(({ detail }) => detail)).toContain("it was restarted by the command that was given for it");
  });

  it("is not run for a gateway that takes the change up by itself", async () => {
    const scene = newScene();
    const asked = { ...task, restart: `touch ${scene.folder}/ran` };
    expect((await scene.harden(scene.world(), signal, [], asked)).outcome).toBe("hardened");
    expect(scene.beside).not.toContain("ran");
  });

  it("is known to the next run, after one that was killed", async () => {
    const { scene, asked, restarting } = newStubborn();
    const killed = new AbortController();
    const fault = { kind: "killed-after", at: commands.change - looks, mark: 0 } as const;
    const host = new FaultHost(scene.local, fault, () => killed.abort(new Failure("internal", "killed")));
    const agreement = await scene.agree(restarting(), asked);
    const first = applyHarden(restarting(host), asked, agreement, () => {}, killed.signal);
    await expect(first).rejects.toThrow();
    const { plan } = await prepareHarden(restarting(), task, signal);
    expect(plan.state).toBe("unfinished");
    expect(plan.notes.join("\n")).toContain(asked.restart);
    expect((await scene.harden(restarting())).outcome).toBe("hardened");
  });

  it("is named where nothing else would help, and where it did not, everything is as before", async () => {
    const scene = newScene({ keepsBind: true });
    expect((await scene.harden()).failure?.hint).toContain("clawtunnel harden openclaw --restart 'COMMAND'");
    const told: HardenProgress[] = [];
    const outcome = await scene.harden(scene.world(), signal, told, { ...task, restart: "exit 3" });
    expect(outcome).toMatchObject({ outcome: "as-before", failure: { code: "harden-undone" } });
    expect(told.map(({ detail }) => detail).join("\n")).toContain("the command that was given for it did not succeed");
    expect(scene.text).toBe(original);
  });
});

describe("a hardening that was interrupted", () => {
  it("is finished by the next one when the change was written, even if the gateway has rewritten its file", async () => {
    const scene = newScene();
    await killAt(scene, commands.change);
    writeFileSync(scene.file, `${scene.text}// rewritten\n`);
    const { plan } = await prepareHarden(scene.world(), task, signal);
    expect(plan.state).toBe("unfinished");
    expect((await scene.harden()).outcome).toBe("hardened");
  });

  it("is undone by the next one when the gateway does not come up", async () => {
    const scene = newScene({ diesOnLoopback: true });
    await killAt(scene, commands.change);
    expect((await scene.harden()).outcome).toBe("as-before");
    expect(scene.text).toBe(original);
  });

  it("leaves alone what somebody else has written since", async () => {
    const scene = newScene();
    await killAt(scene, commands.change);
    const theirs = original.replace('"lan"', '"auto"');
    writeFileSync(scene.file, theirs);
    const { plan } = await prepareHarden(scene.world(), task, signal).catch(() => ({ plan: undefined }));
    expect(plan?.state).not.toBe("unfinished");
    expect(scene.text).toBe(theirs);
  });

  it("is nobody else's business before it has been silent for a while", async () => {
    const scene = newScene();
    await killAt(scene, commands.begin);
    const other = { ...task, by: "you@desk openclaw" };
    await expect(prepareHarden(scene.world(), other, signal)).rejects.toMatchObject({ code: "harden-refused" });
    writeFileSync(join(scene.folder, "openclaw.json.clawtunnel-harden", "beat"), "1000\n");
    expect((await prepareHarden(scene.world(), other, signal)).plan.state).toBe("ready");
  });

  it("does nothing any more once another has taken it over", async () => {
    const scene = newScene();
    const { plan } = await prepareHarden(scene.world(), task, signal);
    const host = new FaultHost(scene.local, undefined, () => {});
    let isTaken = false;
    const taking = {
      exec: async (...args: Parameters<FaultHost["exec"]>) => {
        const isChange = args[1].input?.includes('mv -f "$J/new" "$F"') === true;
        if (isChange && !isTaken) {
          isTaken = true;
          const other = { ...task, by: "you@desk openclaw" };
          writeFileSync(join(scene.folder, "openclaw.json.clawtunnel-harden", "beat"), "1000\n");
          const { plan: theirs } = await prepareHarden(scene.world(), other, signal);
          expect((await applyHarden(scene.world(), other, theirs.agreement, () => {}, signal)).outcome).toBe("hardened");
        }
        return host.exec(...args);
      },
    };
    const outcome = await applyHarden(scene.world(taking), task, plan.agreement, () => {}, signal);
    expect(outcome).toMatchObject({ outcome: "unproved", failure: { code: "harden-unfinished" } });
    expect(scene.text).toContain('bind: "loopback"');
    expect(scene.gateway.hosts).toEqual(["127.0.0.1"]);
  });
});
