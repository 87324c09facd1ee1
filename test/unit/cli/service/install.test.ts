import { beforeEach, describe, expect, it } from "vitest";
import { runInstall } from "../../../../src/cli/service/run-install.js";
import { runUninstall } from "../../../../src/cli/service/run-uninstall.js";
import { usualWishes } from "../../../../src/service/choose-service.js";
import { fakeCli } from "../../fixtures/service-machine.js";
import { definitionOf, definitionPath, ownVersion, ServiceWorld } from "../../fixtures/service-world.js";

let world: ServiceWorld;
beforeEach(() => {
  world = new ServiceWorld();
});

const plainArgs = { wishes: usualWishes, replacesOlder: false, isDryRun: false, asJson: false };
const dryArgs = { ...plainArgs, isDryRun: true };
const removal = { isDryRun: false, asJson: false };

describe("install", () => {
  it("says first that it is done, then what was done, each with its reason, and how to undo it", async () => {
    const { context, machine, answers, talk } = fakeCli(world, { changes: { warnings: ["it has no agent"] } });
    world.findings = [{ code: "lingering-off", message: "lingering is off", hint: "Turn it on." }];
    expect(await runInstall(context, plainArgs, machine)).toBe(0);
    expect(answers.join("\n").split("\n")).toEqual([
      `installed: systemd runs clawtunnel.service (pid ${world.daemon?.pid}, version ${ownVersion})`,
      `  wrote ${definitionPath}`,
      "  ran fake enrol: to enrol it",
      "  warning: it has no agent",
      "  warning: lingering is off",
      "    Turn it on.",
      "  its log: fake log",
      "  to undo: clawtunnel uninstall",
    ]);
    expect(talk).toEqual([]);
  });

  it("refuses in a dry run too what it would not write over", async () => {
    world.install("[Service]\nExecStart=/usr/bin/clawtunnel daemon\n");
    const { context, machine } = fakeCli(world);
    await expect(runInstall(context, dryArgs, machine)).rejects.toMatchObject({ code: "service-unavailable" });
  });

  it("has nothing to do the second time", async () => {
    world.install(definitionOf(undefined, "/usr/bin:/bin"));
    const { context, machine, answers } = fakeCli(world);
    expect(await runInstall(context, plainArgs, machine)).toBe(0);
    expect(answers[0]).toMatch(/^already installed: systemd runs clawtunnel\.service/);
    expect(world.commands()).toEqual([]);
  });

  it("tells programs what was done", async () => {
    const { context, machine, answers } = fakeCli(world);
    await runInstall(context, { ...plainArgs, asJson: true }, machine);
    expect(JSON.parse(answers.join(""))).toMatchObject({
      outcome: "installed",
      daemon: { version: ownVersion, service: "systemd" },
      service: { manager: "systemd", scope: "user", name: "clawtunnel.service" },
      written: [definitionPath],
      steps: [{ do: "run", argv: ["fake", "enrol"] }],
    });
  });

  it("of a service of the whole machine is root's", async () => {
    const { context, machine } = fakeCli(world, { changes: { scope: "system" } });
    const args = { ...plainArgs, wishes: { ...usualWishes, scope: "system" as const } };
    await expect(runInstall(context, args, machine)).rejects.toMatchObject({
      code: "service-unavailable",
      hint: expect.stringContaining("sudo"),
    });
    expect([world.stored.size, world.ran]).toEqual([0, []]);
  });

  it("is refused beside another service of the same home", async () => {
    world.install();
    const { context, machine } = fakeCli(world);
    const { choose } = machine;
    const cron = (facts: Parameters<typeof choose>[0]) =>
      facts.wishes.usesCron ? { ...choose({ ...facts, wishes: usualWishes }), manager: "cron" as const, files: [] } : choose(facts);
    const args = { ...plainArgs, wishes: { ...usualWishes, usesCron: true } };
    await expect(runInstall(context, args, { ...machine, choose: cron })).rejects.toMatchObject({
      code: "service-unavailable",
      message: "systemd has clawtunnel.service already, for this same home",
      hint: "Take that one away first: `clawtunnel uninstall`.",
    });
    expect(world.commands()).toEqual([]);
  });
});

describe("install under sudo", () => {
  const root = { user: { name: "root", uid: 0, home: "/root", sid: null } };
  const machine = { isRoot: true, sudoUser: "me" };

  it("is refused where root has no tunnels: it was meant for whoever typed it", async () => {
    const { context, machine: under } = fakeCli(world, { facts: root, machine });
    await expect(runInstall(context, plainArgs, under)).rejects.toMatchObject({
      code: "service-unavailable",
      message: expect.stringContaining("not of me"),
      hint: expect.stringContaining("without sudo"),
    });
    expect([world.stored.size, world.commands()]).toEqual([0, []]);
  });

  it("is root's own where root has some", async () => {
    const { context, machine: under } = fakeCli(world, { facts: root, machine });
    const { paths } = await under.facts(usualWishes, { mustLast: true });
    world.stored.set(paths.configFile, { bytes: Buffer.from("{}"), mode: 0o600 });
    expect(await runInstall(context, plainArgs, under)).toBe(0);
  });
});

describe("install --dry-run", () => {
  it("shows each file with all that is in it and each command, and touches nothing", async () => {
    const { context, machine, answers } = fakeCli(world);
    expect(await runInstall(context, dryArgs, machine)).toBe(0);
    const text = answers.join("\n");
    expect(text).toContain(`${definitionPath} (0644)`);
    for (const line of definitionOf(undefined, "/usr/bin:/bin").trimEnd().split("\n")) expect(text).toContain(`    ${line}\n`);
    for (const command of ["fake enrol", "fake withdraw", "fake forget"]) expect(text).toContain(`  ${command}: `);
    expect([world.stored.size, world.commands(), world.daemon]).toEqual([0, [], undefined]);
  });

  it("shows what a command would read, and the environment it would have", async () => {
    const enrol = [
      { do: "run", argv: ["crontab", "-"], env: { A: "b c" }, input: "@reboot x\n# end\n", why: "so that cron knows" },
    ] as const;
    const { context, machine, answers } = fakeCli(world, { changes: { enrol } });
    await runInstall(context, dryArgs, machine);
    expect(answers.join("\n")).toContain("  A='b c' crontab -: so that cron knows\n      < @reboot x\n      < # end\n");
  });

  it("is the whole plan as data with --json", async () => {
    const { context, machine, answers } = fakeCli(world);
    await runInstall(context, { ...dryArgs, asJson: true }, machine);
    expect(JSON.parse(answers.join(""))).toMatchObject({
      dryRun: true,
      service: {
        manager: "systemd",
        files: [{ path: definitionPath, mode: "0644", encoding: "utf8", contents: definitionOf(undefined, "/usr/bin:/bin") }],
        enrol: [{ do: "run", argv: ["fake", "enrol"], why: "to enrol it" }],
        withdraw: [{ argv: ["fake", "withdraw"] }],
        asks: [{ argv: ["fake", "look"] }],
        logHint: "fake log",
      },
    });
    expect([world.stored.size, world.ran]).toEqual([0, []]);
  });
});

describe("uninstall", () => {
  it("says what it removed and what it left", async () => {
    world.install();
    const { context, machine, answers } = fakeCli(world);
    expect(await runUninstall(context, removal, machine)).toBe(0);
    expect(answers.join("\n").split("\n")).toEqual([
      "uninstalled: systemd does not know clawtunnel.service any more",
      "  ran fake withdraw: to withdraw it",
      "  ran fake forget: to forget it",
      `  removed ${definitionPath}`,
      "  left: lingering stays as it is",
      "  no daemon runs now; `clawtunnel up` starts one",
      "  tunnels and settings are still there",
    ]);
    expect(world.stored.size).toBe(0);
  });

  it("leaves a daemon that runs by hand alone, and says so", async () => {
    world.install();
    const { pid } = world.startByHand();
    const { context, machine, answers } = fakeCli(world);
    await runUninstall(context, removal, machine);
    expect(answers[0]).toContain(`the daemon (pid ${pid}) runs by hand, and goes on`);
    expect(world.daemon).toMatchObject({ pid });
  });

  it("is done when there is nothing to do", async () => {
    const { context, machine, answers } = fakeCli(world);
    expect(await runUninstall(context, removal, machine)).toBe(0);
    expect(answers).toEqual(["no service is installed; nothing was to be done"]);
    expect(world.commands()).toEqual([]);
  });

  it("tells root whose service there is, and how to take that one away", async () => {
    const text = `${definitionOf()}User=me\n`;
    world.stored.set("/etc/systemd/system/clawtunnel.service", { bytes: Buffer.from(text), mode: 0o644 });
    const root = { user: { name: "root", uid: 0, home: "/root", sid: null } };
    const { context, machine } = fakeCli(world, { facts: root, machine: { isRoot: true } });
    await expect(runUninstall(context, removal, machine)).rejects.toMatchObject({
      code: "service-not-installed",
      hint: expect.stringContaining("SUDO_USER=me clawtunnel uninstall"),
    });
    expect(world.stored.size).toBe(1);
  });

  it("shows with --dry-run what it would do, and does nothing", async () => {
    world.install();
    const { context, machine, answers } = fakeCli(world);
    await runUninstall(context, { ...removal, isDryRun: true }, machine);
    for (const word of ["fake withdraw", "fake forget", `would remove ${definitionPath}`, "would leave: lingering"])
      expect(answers[0]).toContain(word);
    expect([world.commands(), world.state]).toEqual([[], "running"]);
  });

  it("tells programs what was done", async () => {
    world.install();
    const { context, machine, answers } = fakeCli(world);
    await runUninstall(context, { ...removal, asJson: true }, machine);
    expect(JSON.parse(answers.join(""))).toMatchObject({
      wasThere: true,
      manager: "systemd",
      removed: [definitionPath],
      steps: [{ argv: ["fake", "withdraw"] }, { argv: ["fake", "forget"] }],
      leaves: ["lingering stays as it is"],
      daemon: null,
    });
  });

  it("of a service of the whole machine is root's", async () => {
    world.install();
    const { context, machine } = fakeCli(world, { changes: { scope: "system" } });
    await expect(runUninstall(context, removal, machine)).rejects.toMatchObject({ hint: "`sudo clawtunnel uninstall`" });
    expect(world.commands()).toEqual([]);
  });
});
