import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemPace } from "../../../../src/service/flows/pace.js";
import type { DaemonLink } from "../../../../src/service/flows/perform.js";
import { performSteps } from "../../../../src/service/flows/perform.js";
import type { ManagerReport, Service, Step } from "../../../../src/service/service.js";
import { taskSchedulerService } from "../../../../src/service/task-scheduler/task-scheduler-service.js";
import { FakeWindows } from "../../../support/fake-schtasks.js";
import { windowsFacts } from "../../../support/service-facts.js";
import { stepHands } from "../../../support/step-hands.js";

const minuteMs = 60_000;
const service = taskSchedulerService(windowsFacts());
let windows: FakeWindows;

beforeEach(() => {
  // For the waits between two queries; Windows' own time is passed by hand.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  windows = new FakeWindows();
});
afterEach(() => void vi.useRealTimers());

async function perform(steps: readonly Step[], daemon: DaemonLink = windows.link): Promise<void> {
  const outcome = performSteps(steps, stepHands(windows.run, { daemon, pace: systemPace }), new AbortController().signal);
  outcome.catch(() => {});
  await vi.runAllTimersAsync();
  return outcome;
}

async function install(wanted: Service = service): Promise<void> {
  windows.write(wanted);
  await perform(wanted.enrol);
}

async function look(): Promise<ManagerReport> {
  return service.look.read(await Promise.all(service.look.asks.map((ask) => windows.run(ask))));
}

/** As somebody does in Task Scheduler's window. */
async function endTaskByHand(): Promise<void> {
  await windows.run({ argv: ["schtasks", "/End", "/TN", service.name] });
}

describe("an install", () => {
  it("registers the task and runs the daemon, where nothing was before", async () => {
    await install();
    expect(windows.daemons.running).toMatchObject({ service: "task-scheduler" });
    expect(windows.daemons.running?.argv).toContain(windowsFacts().program.script);
    expect(await look()).toEqual({
      state: "running",
      pid: null,
      isEnabled: true,
      detail: "Last Result 0x41301 (running)",
      findings: [],
    });
  });

  it("has a name of its own for a home of its own", async () => {
    const other = taskSchedulerService(windowsFacts({ instance: "1a2b3c4d" }));
    await install(other);
    expect(windows.taskName).toBe("\\clawtunnel-1a2b3c4d");
    expect([other.name, service.name]).toEqual(["\\clawtunnel-1a2b3c4d", "\\clawtunnel"]);
  });

  it("replaces a daemon that was started by hand", async () => {
    await windows.link.start();
    await install();
    expect(windows.daemons.running).toMatchObject({ service: "task-scheduler" });
  });

  it("replaces what runs from the definition of before, although the task is called running after its end", async () => {
    await install();
    const newer = { node: "C:\\node-24\\node.exe" };
    windows.seenRunningFor = 3;
    await install(taskSchedulerService(windowsFacts({ program: newer })));
    expect(windows.daemons.running?.argv[0]).toBe(newer.node);
    expect(windows.daemons.started).toHaveLength(2);
  });

  it("starts a task again that had been stopped", async () => {
    await install();
    await perform(service.stop);
    await install();
    expect(await look()).toMatchObject({ state: "running", isEnabled: true });
  });

  it("fails with Task Scheduler's own words when it may not register the task", async () => {
    windows.write(service);
    const path = service.files[0]?.path ?? "";
    windows.files.set(path, (windows.files.get(path) ?? "").replace(/<UserId>.*<\/UserId>\r\n(\s*<\/LogonTrigger>)/, "$1"));
    await expect(perform(service.enrol)).rejects.toMatchObject({
      code: "service-manager-failed",
      message: expect.stringMatching(/schtasks \/Create .* failed: FEHLER: Zugriff verweigert \(exit code 1\)/),
    });
  });

  it("fails when the task is called running for ever, instead of believing in a start that is left out", async () => {
    await install();
    windows.seenRunningFor = Number.POSITIVE_INFINITY;
    await expect(perform(service.enrol)).rejects.toMatchObject({ code: "service-manager-failed" });
  });

  it("is refused for the whole machine", () => {
    expect(() => taskSchedulerService(windowsFacts({ wishes: { scope: "system" } }))).toThrow(
      expect.objectContaining({ code: "service-unavailable", hint: expect.stringContaining("without --system") }),
    );
  });
});

describe("a daemon that crashed", () => {
  beforeEach(() => install());

  it("is back after a second, from the launcher", async () => {
    windows.daemons.crash();
    expect(windows.daemons.running).toBeNull();
    windows.passTime(1000);
    expect(windows.daemons.running).toMatchObject({ service: "task-scheduler" });
    expect(windows.daemons.started).toHaveLength(2);
  });

  it("is back within what the service promises, however often it crashed before", () => {
    for (let crash = 0; crash < 12; crash++) {
      windows.daemons.crash();
      windows.passTime(service.backWithinMs);
      expect(windows.daemons.running).not.toBeNull();
    }
  });

  it("is back within five minutes, from the trigger, when its launcher was ended with it", async () => {
    await endTaskByHand();
    windows.daemons.crash();
    windows.passTime(service.backWithinMs);
    expect(windows.daemons.running).toBeNull();
    expect(await look()).toMatchObject({ state: "waiting", detail: "Last Result 0x41306 (it was ended from outside)" });
    windows.passTime(5 * minuteMs);
    expect(windows.daemons.running).toMatchObject({ service: "task-scheduler" });
  });

  it("is back although a daemon that lost its launcher served on in between", async () => {
    const [orphan] = windows.daemons.started;
    await endTaskByHand();
    windows.passTime(10 * minuteMs);
    expect(windows.daemons.running?.pid).toBe(orphan?.pid);
    windows.daemons.crash();
    windows.passTime(minuteMs);
    expect(windows.daemons.running).toMatchObject({ service: "task-scheduler", isWaitedFor: true });
  });
});

describe("a daemon whose config is broken", () => {
  it("stays down with its reason, and is back within five minutes after the config was mended", async () => {
    await install();
    windows.daemons.endsAtStartWith = 78;
    windows.daemons.crash();
    windows.passTime(minuteMs);
    expect(windows.isLauncherAlive).toBe(false);
    expect(await look()).toMatchObject({ state: "failed", isEnabled: true, detail: expect.stringContaining("the config is broken") });
    windows.daemons.endsAtStartWith = null;
    windows.passTime(5 * minuteMs);
    expect(windows.daemons.running).toMatchObject({ service: "task-scheduler" });
  });
});

describe("a stop", () => {
  beforeEach(() => install());

  it("lasts, over every trigger and the next log-on, until a start", async () => {
    await perform(service.stop);
    windows.passTime(10 * minuteMs);
    windows.logOff();
    windows.logOn();
    expect(windows.daemons.running).toBeNull();
    expect(await look()).toMatchObject({ state: "stopped", isEnabled: false });
    await perform(service.start);
    expect(windows.daemons.running).toMatchObject({ service: "task-scheduler" });
  });

  it("asks the daemon to end before its launcher is ended, so that node is not left behind", async () => {
    const order: string[] = [];
    const daemon: DaemonLink = {
      ...windows.link,
      end: async () => {
        order.push(windows.commands.at(-1) ?? "");
        await windows.link.end();
      },
    };
    await perform(service.stop, daemon);
    expect(order).toEqual(["/Change /DISABLE", "/End"]);
    expect([windows.isLauncherAlive, windows.daemons.running]).toEqual([false, null]);
  });

  it("ends a daemon as well that the launcher starts after a crash just then", async () => {
    windows.daemons.crash();
    const daemon: DaemonLink = {
      ...windows.link,
      end: async () => {
        await windows.link.end();
        windows.passTime(1000);
      },
    };
    await perform(service.stop, daemon);
    expect(windows.daemons.started).toHaveLength(2);
    expect([windows.isLauncherAlive, windows.daemons.running]).toEqual([false, null]);
  });
});

describe("a restart", () => {
  it("runs another daemon, although the task is called running after the first one's end", async () => {
    await install();
    const first = windows.daemons.running?.pid;
    windows.seenRunningFor = 2;
    await perform(service.restart);
    expect(windows.daemons.running?.pid).toBeGreaterThan(first ?? Number.POSITIVE_INFINITY);
    expect(await look()).toMatchObject({ state: "running", isEnabled: true });
  });

  it("starts a task that had been stopped", async () => {
    await install();
    await perform(service.stop);
    await perform(service.restart);
    expect(windows.daemons.running).toMatchObject({ service: "task-scheduler" });
  });

  it("fails where there is no task", async () => {
    await expect(perform(service.restart)).rejects.toMatchObject({ code: "service-manager-failed" });
    await expect(perform(service.start)).rejects.toMatchObject({ code: "service-manager-failed" });
  });
});

describe("a log-on", () => {
  it("starts the daemon", async () => {
    await install();
    windows.logOff();
    windows.logOn();
    expect(windows.daemons.running).toMatchObject({ service: "task-scheduler" });
  });
});

describe("an uninstall", () => {
  it("leaves no task, no process and nothing that would start one", async () => {
    await install();
    await perform(service.withdraw);
    windows.passTime(10 * minuteMs);
    windows.logOn();
    expect([windows.taskName, windows.isLauncherAlive, windows.daemons.running]).toEqual([null, false, null]);
    expect(await look()).toMatchObject({ state: "absent" });
    expect([service.forget, service.leaves]).toEqual([[], []]);
  });

  it("is done where there is nothing, and a second time", async () => {
    await perform(service.withdraw);
    await install();
    await perform(service.withdraw);
    await perform(service.withdraw);
    expect(windows.taskName).toBeNull();
  });
});
