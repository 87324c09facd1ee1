import { beforeEach, describe, expect, it } from "vitest";
import { runServiceStatus } from "../../../../src/cli/service/run-status.js";
import { runServiceTest } from "../../../../src/cli/service/run-test.js";
import { runServiceVerb } from "../../../../src/cli/service/run-verb.js";
import { fakeCli } from "../../fixtures/service-machine.js";
import { brokenDefinition, definitionPath, ownVersion, ServiceWorld } from "../../fixtures/service-world.js";

let world: ServiceWorld;
beforeEach(() => {
  world = new ServiceWorld();
});

const plain = { asJson: false };
const json = { asJson: true };

describe("service status", () => {
  it("is 0 when file, manager and daemon agree, and shows all three", async () => {
    world.install();
    const { context, machine, answers } = fakeCli(world);
    expect(await runServiceStatus(context, plain, machine)).toBe(0);
    const { pid } = world.daemon ?? {};
    expect(answers.join("\n").split("\n")).toEqual([
      `systemd runs clawtunnel.service (pid ${pid}): file, manager and daemon agree`,
      `  file     ${definitionPath}: as it is written today`,
      "  manager  systemd: running, enabled",
      `  daemon   pid ${pid}, version ${ownVersion}, started by systemd`,
      "  log      fake log",
    ]);
    expect(world.commands()).toEqual([]);
  });

  it("is 3 when no daemon answers, with why and what to do", async () => {
    world.install(brokenDefinition);
    const { context, machine, answers } = fakeCli(world);
    expect(await runServiceStatus(context, plain, machine)).toBe(3);
    expect(answers[0]).toMatch(/^clawtunnel\.service is not running\n/);
    expect(answers[0]).toContain("the daemon gave up: config.json is not right: tunnels.db.target is missing\n    Mend the file.");
  });

  it("is 5 when it runs and something needs a person", async () => {
    world.install();
    world.isEnabled = false;
    const { context, machine, answers } = fakeCli(world);
    expect(await runServiceStatus(context, plain, machine)).toBe(5);
    expect(answers[0]).toMatch(/^clawtunnel\.service needs a person\n/);
  });

  it("names a node that has gone", async () => {
    world.install();
    const drift = async () => [{ code: "node-missing", message: "the node is gone", hint: "Write it anew." }];
    const { context, machine, answers } = fakeCli(world, { machine: { drift } });
    expect(await runServiceStatus(context, plain, machine)).toBe(5);
    expect(answers[0]).toContain("  the node is gone\n    Write it anew.");
  });

  it("tells programs each layer and each finding", async () => {
    world.install();
    world.daemon = { pid: 7, version: "0.1.0", service: "none" };
    const { context, machine, answers } = fakeCli(world);
    expect(await runServiceStatus(context, json, machine)).toBe(5);
    expect(JSON.parse(answers.join(""))).toMatchObject({
      installed: true,
      service: { manager: "systemd", name: "clawtunnel.service" },
      files: [{ path: definitionPath, state: "same" }],
      manager: { state: "running", isEnabled: true },
      daemon: { pid: 7, version: "0.1.0", service: "none" },
      lastExit: null,
      agrees: false,
      findings: [{ code: "daemon-by-hand" }, { code: "daemon-older" }],
    });
  });

  it("says that none is installed, and with 3 or 5 whether a daemon runs all the same", async () => {
    const { context, machine, answers } = fakeCli(world);
    expect(await runServiceStatus(context, plain, machine)).toBe(3);
    const { pid } = world.startByHand();
    expect(await runServiceStatus(context, plain, machine)).toBe(5);
    expect(answers).toEqual([
      "no service is installed; no daemon runs\n  install one: clawtunnel install",
      `no service is installed; the daemon (pid ${pid}) runs until the next logout or reboot\n  install one: clawtunnel install`,
    ]);
  });
});

it("a daemon whose definition was taken away by hand is not said to run by hand", async () => {
  const { context, machine, answers } = fakeCli(world);
  world.daemon = { ...world.startByHand(), service: "systemd" };
  await runServiceStatus(context, plain, machine);
  expect(answers[0]).toMatch(/was started by systemd, whose definition of it is gone/);
});

describe("service start, stop and restart", () => {
  it("wait for what comes of it", async () => {
    world.install();
    const { context, machine, answers } = fakeCli(world);
    expect(await runServiceVerb("stop", context, plain, machine)).toBe(0);
    expect(world.daemon).toBeUndefined();
    expect(await runServiceVerb("start", context, plain, machine)).toBe(0);
    const first = world.daemon;
    expect(await runServiceVerb("restart", context, plain, machine)).toBe(0);
    expect([first?.service, world.daemon?.service, first?.pid === world.daemon?.pid]).toEqual(["systemd", "systemd", false]);
    expect(answers.map((text) => text.split("\n")[0])).toEqual([
      "clawtunnel.service is stopped, until `clawtunnel service start`",
      `systemd runs clawtunnel.service (pid ${first?.pid}, version ${ownVersion})`,
      `systemd runs clawtunnel.service (pid ${world.daemon?.pid}, version ${ownVersion})`,
    ]);
  });

  it("say of a daemon that was started by hand that stopping the service does not end it", async () => {
    world.install();
    world.startByHand();
    const { context, machine, answers } = fakeCli(world);
    await runServiceVerb("stop", context, plain, machine);
    expect(answers[0]).toContain("goes on: `clawtunnel daemon --stop`");
  });

  it("leave a daemon that runs alone when the program of the next one is gone, and say how to write another", async () => {
    world.install();
    const drift = [{ code: "node-missing", message: "the service starts /opt/node, which is not there any more", hint: "Install again." }];
    const { context, machine } = fakeCli(world, { machine: { drift: async () => drift } });
    const { daemon } = world;
    await expect(runServiceVerb("restart", context, plain, machine)).rejects.toMatchObject({
      code: "service-unavailable",
      message: drift[0]?.message,
      hint: "Install again.",
    });
    expect([world.daemon, world.commands()]).toEqual([daemon, []]);
  });

  it("are root's where the service is the whole machine's", async () => {
    world.install();
    for (const verb of ["restart", "stop"] as const) {
      world.refuses.add(verb);
      const { context, machine } = fakeCli(world, { changes: { scope: "system" } });
      await expect(runServiceVerb(verb, context, plain, machine)).rejects.toMatchObject({
        code: "service-manager-failed",
        hint: expect.stringContaining(`sudo clawtunnel service ${verb}`),
      });
    }
  });

  it("tell why the daemon did not come up", async () => {
    world.install(brokenDefinition);
    world.lastExit = undefined;
    const { context, machine } = fakeCli(world);
    await expect(runServiceVerb("start", context, plain, machine)).rejects.toMatchObject({
      code: "service-not-up",
      message: expect.stringContaining("tunnels.db.target is missing"),
    });
  });

  it("tell programs what was done", async () => {
    world.install();
    const { context, machine, answers } = fakeCli(world);
    await runServiceVerb("restart", context, json, machine);
    expect(JSON.parse(answers.join(""))).toMatchObject({ daemon: { pid: world.daemon?.pid }, steps: [{ argv: ["fake", "restart"] }] });
  });

  it.each(["start", "stop", "restart"] as const)("%s needs a service", async (verb) => {
    const { context, machine } = fakeCli(world);
    await expect(runServiceVerb(verb, context, plain, machine)).rejects.toMatchObject({ code: "service-not-installed" });
  });
});

describe("service test", () => {
  function crashing(backAfterMs: number, verified: readonly string[]) {
    world.install();
    world.verified = ["db"];
    return fakeCli(world, {
      machine: {
        kill: () => {
          world.daemon = undefined;
          world.verified = [];
          world.after(backAfterMs, () => {
            world.daemon = { pid: 999, version: ownVersion, service: "systemd" };
            world.verified = verified;
          });
        },
      },
    });
  }

  it("is 0 when the daemon came back with its tunnels, and tells how long both took", async () => {
    const { context, machine, answers } = crashing(2_000, ["db"]);
    const killed = world.daemon?.pid;
    expect(await runServiceTest(context, plain, machine)).toBe(0);
    expect(answers[0]?.split("\n")).toEqual([
      "systemd brought the daemon back in 2.0 s",
      `  killed pid ${killed}, as a crash would; pid 999 answered 2000 ms later`,
      "  db verified again 2000 ms after the kill",
    ]);
  });

  it("is 1 when a tunnel did not come back, and names it", async () => {
    const { context, machine, answers } = crashing(2_000, []);
    expect(await runServiceTest(context, plain, machine)).toBe(1);
    expect(answers[0]).toContain("not verified again: db; see `clawtunnel status`");
  });

  it("tells programs the same", async () => {
    const { context, machine, answers } = crashing(500, ["db"]);
    await runServiceTest(context, json, machine);
    expect(JSON.parse(answers.join(""))).toMatchObject({
      pid: 999,
      backAfterMs: 500,
      verifiedAfterMs: 500,
      tunnels: ["db"],
      notVerified: [],
    });
  });
});
