import { describe, expect, it } from "vitest";
import { takeServiceEnvironment } from "../../../../src/daemon/service/environment.js";

const systemd = {
  CLAWTUNNEL_SERVICE: "systemd",
  NOTIFY_SOCKET: "/run/user/1000/systemd/notify",
  WATCHDOG_USEC: "120000000",
  WATCHDOG_PID: "42",
  INVOCATION_ID: "abc",
  JOURNAL_STREAM: "8:1",
  HOME: "/home/me",
};
const take = (env: NodeJS.ProcessEnv, pid = 42) => takeServiceEnvironment({ ...env }, pid);

describe("what a manager says in the environment", () => {
  it("is read", () => {
    expect(take(systemd)).toEqual({
      manager: "systemd",
      isSystemScope: false,
      notifySocket: "/run/user/1000/systemd/notify",
      watchdogMs: 120_000,
      hasJournal: true,
    });
  });

  it("tells a service of the whole machine from a user's own", () => {
    expect(take({ ...systemd, CLAWTUNNEL_SERVICE_SCOPE: "system" }).isSystemScope).toBe(true);
  });

  it("is gone from it afterwards, also when it makes no sense, and nothing else is", () => {
    for (const manager of ["systemd", "nobody"]) {
      const env: NodeJS.ProcessEnv = { ...systemd, CLAWTUNNEL_SERVICE: manager, CLAWTUNNEL_SERVICE_SCOPE: "system" };
      try {
        takeServiceEnvironment(env, 42);
      } catch {
        // What it throws is another test's.
      }
      expect(env).toEqual({ INVOCATION_ID: "abc", JOURNAL_STREAM: "8:1", HOME: "/home/me" });
    }
  });

  it("is no watchdog when it is another process's, or not a time", () => {
    expect(take(systemd, 43).watchdogMs).toBeUndefined();
    for (const WATCHDOG_USEC of ["", "0", "-5", "soon", undefined]) expect(take({ ...systemd, WATCHDOG_USEC }).watchdogMs).toBeUndefined();
    expect(take({ ...systemd, WATCHDOG_PID: undefined }, 43).watchdogMs).toBe(120_000);
  });

  it.each(["launchd", "task-scheduler", "cron"])("is heeded from systemd alone: %s has neither a socket nor a journal", (manager) => {
    expect(take({ ...systemd, CLAWTUNNEL_SERVICE: manager })).toMatchObject({ manager, notifySocket: undefined, hasJournal: false });
  });

  it.each([undefined, "", "upstart", "Systemd"])("must name a manager that clawtunnel knows: not %j", (CLAWTUNNEL_SERVICE) => {
    expect(() => take({ ...systemd, CLAWTUNNEL_SERVICE })).toThrow(
      expect.objectContaining({ code: "usage", hint: expect.stringContaining("clawtunnel install") }),
    );
  });
});
