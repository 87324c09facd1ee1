import { beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import { install } from "../../../../src/service/flows/install.js";
import type { Service, Step } from "../../../../src/service/service.js";
import { definitionOf, definitionPath, ownVersion, ServiceWorld, serviceOf } from "../../fixtures/service-world.js";

let world: ServiceWorld;
let written: string[];
let stepsDone: Step[];
let check: () => void;
let interrupted: AbortController;

beforeEach(() => {
  world = new ServiceWorld();
  written = [];
  stepsDone = [];
  check = () => {};
  interrupted = new AbortController();
});

function installIt(service: Service = serviceOf(world)) {
  const hands = { ...world.hands((step) => stepsDone.push(step)), check, onWrite: (path: string) => void written.push(path) };
  return install(service, ownVersion, hands, interrupted.signal);
}

/** Breaks the daemon at its start. */
const broken = "break\n";

describe("an install", () => {
  it("writes the files, enrols them and answers with the daemon that the manager runs", async () => {
    expect(await installIt()).toEqual({ outcome: "installed", daemon: world.daemon });
    expect(world.daemon).toMatchObject({ version: ownVersion, service: "systemd" });
    expect(world.definition()).toBe(definitionOf());
    expect(written).toEqual([definitionPath]);
    expect(stepsDone).toMatchObject([{ argv: ["fake", "enrol"] }]);
  });

  it("does nothing when everything is as it would make it", async () => {
    world.install();
    const { daemon } = world;
    expect(await installIt()).toEqual({ outcome: "already", daemon });
    expect([written, world.commands()]).toEqual([[], []]);
  });

  it.each<[string, () => void]>([
    ["the daemon is of another version", () => world.install(definitionOf("0.1.0"))],
    [
      "the daemon runs by hand",
      () => {
        world.daemon = { ...world.startByHand(), version: ownVersion };
      },
    ],
    [
      "another process answers than the one that the manager runs",
      () => {
        world.daemon = { pid: 7, version: ownVersion, service: "systemd" };
      },
    ],
    [
      "it is not enabled",
      () => {
        world.isEnabled = false;
      },
    ],
    [
      "it is stopped",
      () => {
        world.state = "stopped";
      },
    ],
    ["the definition was changed", () => world.stored.set(definitionPath, { bytes: Buffer.from("edited"), mode: 0o644 })],
  ])("is done anew when %s", async (_, spoil) => {
    world.install();
    spoil();
    expect(await installIt()).toMatchObject({ outcome: "renewed", daemon: { version: ownVersion, service: "systemd" } });
    expect(world.definition()).toBe(definitionOf());
  });

  it("hands a daemon that runs by hand over to the manager", async () => {
    const byHand = world.startByHand();
    const { daemon } = await installIt();
    expect(daemon).toMatchObject({ service: "systemd" });
    expect(daemon.pid).not.toBe(byHand.pid);
  });

  it("changes nothing when the config would keep the daemon from starting", async () => {
    check = () => {
      throw new Failure("config-invalid", "tunnels.db.target is missing");
    };
    await expect(installIt()).rejects.toMatchObject({ code: "config-invalid" });
    expect([world.stored.size, world.ran]).toEqual([0, []]);
  });

  it("counts on cron for no more than the next boot", async () => {
    world.startByHand();
    world.isEnabled = true;
    const cron = serviceOf(world, "", { manager: "cron", files: [] });
    expect(await installIt(cron)).toMatchObject({ outcome: "already", daemon: { service: "none" } });
  });

  it("writes anew a line of cron's that is not as it would be written today", async () => {
    world.startByHand();
    world.isEnabled = true;
    world.findings = [{ code: "crontab-line-differs", message: "the line differs", hint: "Write it anew." }];
    const cron = serviceOf(world, "", {
      manager: "cron",
      files: [],
      enrol: [{ do: "run", argv: ["fake", "write-line"], why: "to have it" }],
    });
    expect(await installIt(cron)).toMatchObject({ outcome: "renewed" });
    expect(world.commands()).toEqual(["fake write-line"]);
  });
});

describe("an install whose daemon does not come up", () => {
  it("tells the daemon's own reason, and leaves nothing where nothing was", async () => {
    await expect(installIt(serviceOf(world, broken))).rejects.toMatchObject({
      code: "service-not-up",
      message: expect.stringMatching(/tunnels\.db\.target is missing.*systemd says: failed, status 78/),
      hint: "Mend the file.",
    });
    expect([world.definition(), world.state, world.isEnabled]).toEqual([undefined, "absent", false]);
    expect(world.folders).toEqual(new Set(["/home/me"]));
    expect(world.commands()).toEqual(["fake enrol", "fake withdraw", "fake forget"]);
  });

  it("puts the definition of before back and runs that", async () => {
    world.install(definitionOf("0.1.0"));
    await expect(installIt(serviceOf(world, broken))).rejects.toMatchObject({ code: "service-not-up" });
    expect(world.definition()).toBe(definitionOf("0.1.0"));
    await world.pace.sleep(world.startMs, new AbortController().signal);
    expect(world.daemon).toMatchObject({ version: "0.1.0", service: "systemd" });
  });

  it("starts by hand again what ran by hand", async () => {
    world.startByHand();
    await expect(installIt(serviceOf(world, broken))).rejects.toMatchObject({ code: "service-not-up" });
    expect(world.daemon).toMatchObject({ service: "none" });
  });

  it("is told who does not answer, and not which command failed on that, where the manager cannot be reached", async () => {
    world.state = "unreachable";
    world.findings = [{ code: "manager-unreachable", message: "nobody answers", hint: "Log in." }];
    world.refuses.add("enrol").add("withdraw").add("forget");
    await expect(installIt()).rejects.toMatchObject({
      code: "service-manager-failed",
      message: expect.stringMatching(/^nobody answers; `fake enrol` failed/),
      hint: "Log in.",
    });
    expect(world.stored.size).toBe(0);
  });

  it("does not count on a daemon of which its manager has not heard that it is ready", async () => {
    world.startMs = 60_000;
    world.daemon = { pid: 7, version: ownVersion, service: "systemd" };
    const state = "starting" as const;
    const look = { asks: [{ argv: ["fake", "look"] }], read: () => ({ ...world.report(), state, pid: 7 }) };
    await expect(installIt(serviceOf(world, undefined, { look }))).rejects.toMatchObject({
      message: expect.stringContaining("has not heard that the daemon that answers (pid 7)"),
    });
  });

  it("does not take the daemon of another service of the same manager's for its own between two of its own starts", async () => {
    world.startMs = 60_000;
    world.daemon = { pid: 7, version: ownVersion, service: "systemd" };
    const state = "waiting" as const;
    const look = { asks: [{ argv: ["fake", "look"] }], read: () => ({ ...world.report(), state, pid: null }) };
    await expect(installIt(serviceOf(world, undefined, { look }))).rejects.toMatchObject({
      code: "service-not-up",
      message: expect.stringContaining("the daemon that answers (pid 7) is not the one that systemd runs"),
    });
  });

  it("does not blame it for an older reason", async () => {
    world.lastExit = { at: "t0", exitCode: 78, code: "config-invalid", message: "an old story", hint: "" };
    world.startMs = 60_000;
    await expect(installIt()).rejects.toMatchObject({ message: expect.stringContaining("no daemon answered within 15 s") });
  });

  it("gives up on another version that answers, and says which", async () => {
    await expect(installIt(serviceOf(world, definitionOf("0.1.0")))).rejects.toMatchObject({
      message: expect.stringContaining("is 0.1.0, and not 0.2.0"),
      hint: "See why: fake log",
    });
  });

  it("gives a manager time that still tells how the last time ended", async () => {
    world.install();
    world.daemon = undefined;
    const service = serviceOf(world);
    const read = () => (world.state === "starting" ? { ...world.report(), state: "failed" as const } : world.report());
    world.startMs = 1_500;
    expect(await installIt({ ...service, look: { ...service.look, read } })).toMatchObject({ outcome: "renewed" });
  });

  it("says so when what was there before cannot be put back", async () => {
    world.refuses.add("withdraw");
    await expect(installIt(serviceOf(world, broken))).rejects.toMatchObject({
      message: expect.stringContaining("could not be put back: `fake withdraw` failed: fake refuses to withdraw"),
      hint: expect.stringContaining("clawtunnel uninstall"),
    });
  });
});

describe("an install that fails halfway", () => {
  it("tells the manager's own words, and leaves nothing", async () => {
    world.refuses.add("enrol");
    await expect(installIt()).rejects.toMatchObject({
      code: "service-manager-failed",
      message: expect.stringContaining("fake refuses to enrol"),
    });
    expect([world.stored.size, world.state]).toEqual([0, "absent"]);
  });

  it("by ctrl-C leaves nothing either", async () => {
    world.startMs = 5_000;
    world.after(1_000, () => interrupted.abort());
    await expect(installIt()).rejects.toMatchObject({ code: "service-not-up", message: expect.stringContaining("interrupted") });
    expect([world.definition(), world.state]).toEqual([undefined, "absent"]);
  });
});
