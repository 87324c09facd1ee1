import { beforeEach, describe, expect, it } from "vitest";
import { startByService, stopByService } from "../../../../src/cli/service/by-service.js";
import { replaceDaemon } from "../../../../src/cli/service/replace-daemon.js";
import { tellOlder } from "../../../../src/cli/tell-older.js";
import { fakeCli } from "../../fixtures/service-machine.js";
import { brokenDefinition, definitionOf, ownVersion, ServiceWorld } from "../../fixtures/service-world.js";

let world: ServiceWorld;
beforeEach(() => {
  world = new ServiceWorld();
});

describe("a daemon that `up` needs", () => {
  it("is started by the service that is installed", async () => {
    world.install();
    await world.run({ argv: ["fake", "stop"] });
    const { context, machine, talk } = fakeCli(world);
    expect(await startByService(context, machine)).toBe(true);
    expect(world.daemon).toMatchObject({ service: "systemd" });
    expect(talk).toEqual([`systemd started the daemon (pid ${world.daemon?.pid})`]);
  });

  it("is left to others without a service", async () => {
    const { context, machine, talk } = fakeCli(world);
    expect(await startByService(context, machine)).toBe(false);
    expect(talk).toEqual([]);
  });

  it("is left to others, with a word, when the manager cannot be reached", async () => {
    world.install();
    world.daemon = undefined;
    world.refuses.add("start");
    const { context, machine, talk } = fakeCli(world);
    expect(await startByService(context, machine)).toBe(false);
    expect(talk.join("\n")).toMatch(/fake refuses to start[\s\S]*started by hand/);
  });

  it("is not started by hand when it gave up for a reason that would stay", async () => {
    world.install(brokenDefinition);
    world.lastExit = undefined;
    const { context, machine } = fakeCli(world);
    await expect(startByService(context, machine)).rejects.toMatchObject({ code: "service-not-up", hint: "Mend the file." });
  });
});

describe("a daemon that is to end", () => {
  it("is stopped by its manager, which would start it again otherwise", async () => {
    world.install();
    const { context, machine, talk } = fakeCli(world);
    expect(await stopByService(context, machine)).toBe(true);
    expect([world.state, world.daemon]).toEqual(["stopped", undefined]);
    expect(talk.join()).toContain("systemd has stopped clawtunnel.service");
  });

  it("is ended by others when it runs by hand", async () => {
    world.install();
    world.state = "stopped";
    world.startByHand();
    const { context, machine } = fakeCli(world);
    expect(await stopByService(context, machine)).toBe(false);
    expect(world.commands()).toEqual([]);
  });

  it("is kept from being started again while it is away after a crash", async () => {
    world.install();
    world.daemon = undefined;
    world.state = "waiting";
    const { context, machine } = fakeCli(world);
    expect(await stopByService(context, machine)).toBe(true);
    expect(world.state).toBe("stopped");
  });

  it("goes on when the manager refuses, because that would start it again", async () => {
    world.install();
    world.refuses.add("stop");
    const { daemon } = world;
    const { context, machine } = fakeCli(world, { changes: { scope: "system" } });
    await expect(stopByService(context, machine)).rejects.toMatchObject({
      code: "service-manager-failed",
      hint: expect.stringContaining("`sudo clawtunnel service stop`"),
    });
    expect(world.daemon).toBe(daemon);
  });
});

describe("restart --daemon", () => {
  it("has the manager replace the daemon, and waits until its tunnels are verified again", async () => {
    world.install(definitionOf("0.1.0", "/usr/bin:/bin"));
    world.stored.clear();
    world.install(definitionOf());
    world.daemon = { pid: 7, version: "0.1.0", service: "systemd" };
    [world.tunnels, world.verified] = [["db"], ["db"]];
    const { context, machine, answers, talk } = fakeCli(world);
    expect(await replaceDaemon(context, 1_000, machine)).toBe(0);
    expect(world.commands()).toEqual(["fake restart"]);
    expect(talk).toEqual([`the daemon is ${ownVersion} now (pid ${world.daemon?.pid}), in place of 0.1.0 (pid 7)`]);
    expect(answers.join("\n")).toMatch(/^db {2}verified/);
  });

  it("says that the definition is of before, and that another clawtunnel runs", async () => {
    world.install(definitionOf("0.1.0"));
    const { context, machine, talk } = fakeCli(world);
    expect(await replaceDaemon(context, 1_000, machine)).toBe(1);
    expect(talk[0]).toContain("are not as they are written today; `clawtunnel install` writes them");
    expect(talk.at(-1)).toContain("this is 0.2.0, and the service runs another clawtunnel");
  });

  it("replaces one that runs by hand by another one, without a service", async () => {
    const { pid } = world.startByHand("0.1.0");
    const { context, machine } = fakeCli(world);
    expect(await replaceDaemon(context, 1_000, machine)).toBe(0);
    expect(world.daemon).toMatchObject({ version: ownVersion, service: "none" });
    expect([world.daemon?.pid === pid, world.ran]).toEqual([false, []]);
  });

  it("hands one that runs by hand over to the service, where there is one", async () => {
    world.install();
    world.startByHand("0.1.0");
    const { context, machine, talk } = fakeCli(world);
    expect(await replaceDaemon(context, 1_000, machine)).toBe(0);
    expect(world.daemon).toMatchObject({ version: ownVersion, service: "systemd" });
    expect(talk[0]).toContain("systemd runs it from now on");
  });

  it("does not wait for what ended with the old daemon, and says so", async () => {
    world.startByHand("0.1.0");
    world.tunnels = ["db"];
    const { context, machine, talk } = fakeCli(world, {
      machine: {
        replaceByHand: async () => {
          world.startByHand();
          world.tunnels = [];
        },
      },
    });
    expect(await replaceDaemon(context, 60_000, machine)).toBe(0);
    expect(talk.join("\n")).toContain("db is gone with the old daemon: it was not saved");
  });

  it("has nothing to replace when none runs", async () => {
    const { context, machine } = fakeCli(world);
    await expect(replaceDaemon(context, 1_000, machine)).rejects.toMatchObject({ code: "daemon-not-running" });
  });

  it("does not replace the daemon of a service whose definition is gone", async () => {
    world.daemon = { pid: 7, version: "0.1.0", service: "systemd" };
    const { context, machine } = fakeCli(world);
    await expect(replaceDaemon(context, 1_000, machine)).rejects.toMatchObject({ code: "service-not-installed" });
    expect(world.daemon).toMatchObject({ pid: 7 });
  });
});

it("says after an upgrade that the daemon is still the old one, and nothing otherwise", () => {
  const { context, talk } = fakeCli(world);
  tellOlder({ version: "0.2.0" }, context.output, "0.2.0");
  expect(talk).toEqual([]);
  tellOlder({ version: "0.1.0" }, context.output, "0.2.0");
  expect(talk).toEqual(["the daemon is still 0.1.0, this is 0.2.0: `clawtunnel restart --daemon`"]);
});
