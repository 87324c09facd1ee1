import { describe, expect, it } from "vitest";
import type { CommandResult, ManagerReport } from "../../../../src/service/service.js";
import { systemdService } from "../../../../src/service/systemd/systemd-service.js";
import { linuxFacts } from "../../../support/service-facts.js";

/** As systemd 252 and 257 wrote them; `changes` is what differs from a service that runs. */
function shown(changes: Record<string, string> = {}): CommandResult {
  const running = {
    MainPID: "103",
    Result: "success",
    NRestarts: "0",
    ExecMainStatus: "0",
    LoadState: "loaded",
    ActiveState: "active",
    SubState: "running",
    UnitFileState: "enabled",
    NeedDaemonReload: "no",
    LoadError: "",
  };
  const properties = Object.entries({ ...running, ...changes });
  return answered(0, properties.map(([name, value]) => `${name}=${value}\n`).join(""));
}

function answered(code: number | null, stdout = "", stderr = ""): CommandResult {
  return { argv: [], code, stdout, stderr, problem: code === null ? "spawn systemctl ENOENT" : null };
}

const watching = answered(0, "ActiveState=active\n");
const lingers = [answered(0, "yes\n"), answered(0)];

const failed = { MainPID: "0", Result: "exit-code", ActiveState: "failed", SubState: "failed" };
const notFound = {
  MainPID: "0",
  LoadState: "not-found",
  ActiveState: "inactive",
  SubState: "dead",
  UnitFileState: "",
  LoadError: 'org.freedesktop.systemd1.NoSuchUnit "Unit clawtunnel.service not found."',
};

function look(service: CommandResult, watch = watching, lingering: readonly CommandResult[] = lingers): ManagerReport {
  return systemdService(linuxFacts()).look.read([service, watch, ...lingering]);
}

function codes({ findings }: ManagerReport): string[] {
  return findings.map(({ code }) => code);
}

it("finds nothing amiss with a service that runs", () => {
  expect(look(shown())).toEqual({ state: "running", pid: 103, isEnabled: true, detail: "active (running)", findings: [] });
});

it("asks for what it reads, and of the user's own systemd", () => {
  const [service, watch, ...rest] = systemdService(linuxFacts()).look.asks;
  expect(service?.argv.slice(0, 3)).toEqual(["systemctl", "--user", "show"]);
  expect(service?.env).toEqual({ XDG_RUNTIME_DIR: "/run/user/1000" });
  expect(watch?.argv.at(-1)).toBe("clawtunnel.path");
  expect(rest.map(({ argv }) => argv.join(" "))).toEqual([
    "loginctl show-user claw -p Linger --value",
    "test -e /var/lib/systemd/linger/claw",
  ]);
});

describe("the state", () => {
  it.each([
    ["running", {}],
    ["starting", { ActiveState: "activating", SubState: "start" }],
    ["waiting", { ActiveState: "activating", SubState: "auto-restart", MainPID: "0", Result: "watchdog" }],
    ["waiting", { ActiveState: "activating", SubState: "auto-restart-queued", MainPID: "0", Result: "signal" }],
    ["stopped", { ActiveState: "inactive", SubState: "dead", MainPID: "0" }],
    ["stopped", { ActiveState: "deactivating", SubState: "stop-sigterm" }],
    ["failed", failed],
    ["absent", notFound],
  ])("is %s for %j", (state, changes) => {
    expect(look(shown(changes)).state).toBe(state);
  });

  it("is told with how often and why systemd started it again", () => {
    const changes = {
      ActiveState: "activating",
      SubState: "auto-restart",
      MainPID: "0",
      Result: "watchdog",
      ExecMainStatus: "6",
      NRestarts: "1",
    };
    expect(look(shown(changes))).toMatchObject({ pid: null, detail: "activating (auto-restart), Result=watchdog, status 6, 1 restart" });
  });
});

describe("a service that does not run", () => {
  it("has a broken config when the daemon ended with 78, and comes back by itself", () => {
    const report = look(shown({ ...failed, ExecMainStatus: "78" }));
    expect(codes(report)).toEqual(["config-broken"]);
    expect(report.findings[0]?.hint).toContain("starts again by itself");
  });

  it("does not come back by itself when it was stopped after that", () => {
    const report = look(shown({ ...failed, ExecMainStatus: "78" }), answered(0, "ActiveState=inactive\n"));
    expect(report.findings[0]?.hint).toContain("then `systemctl --user start clawtunnel.service`");
  });

  it.each([
    ["203", "program-missing"],
    ["75", "other-service"],
    ["217", "user-missing"],
  ])("is known by its exit code %s, also while systemd tries again: %s", (status, code) => {
    const changes = { ...failed, ActiveState: "activating", SubState: "auto-restart", ExecMainStatus: status };
    expect(codes(look(shown(changes)))).toEqual([code]);
  });

  it("is not known by a signal's number", () => {
    const report = look(shown({ ...failed, Result: "core-dump", ExecMainStatus: "75" }));
    expect(report.findings).toEqual([expect.objectContaining({ code: "service-failed", message: expect.stringContaining("crashed") })]);
  });

  it("is left alone while systemd starts it again after a crash", () => {
    expect(codes(look(shown({ ...failed, ActiveState: "activating", SubState: "auto-restart", ExecMainStatus: "1" })))).toEqual([]);
  });
});

describe("a service that will not survive", () => {
  it.each([
    ["disabled", { UnitFileState: "disabled" }],
    ["disabled", { UnitFileState: "enabled-runtime" }],
    ["needs-daemon-reload", { NeedDaemonReload: "yes" }],
    ["masked", { LoadState: "masked", UnitFileState: "masked", LoadError: "" }],
    [
      "unit-broken",
      {
        LoadState: "bad-setting",
        LoadError: 'org.freedesktop.systemd1.BadUnitSetting "Unit clawtunnel.service has a bad unit file setting."',
      },
    ],
    ["unit-gone", { ...notFound, ActiveState: "active", SubState: "running", MainPID: "103" }],
  ])("is found out although it runs: %s", (code, changes) => {
    expect(codes(look(shown(changes)))).toEqual([code]);
  });

  it("says what systemd said of a file that it cannot read", () => {
    const LoadError = 'org.freedesktop.systemd1.BadUnitSetting "Unit clawtunnel.service has a bad unit file setting."';
    expect(look(shown({ LoadState: "bad-setting", LoadError })).detail).toContain("Unit clawtunnel.service has a bad unit file setting.");
  });
});

describe("lingering", () => {
  const notKnown = answered(1, "", "Failed to get user: User ID 1000 is not logged in or lingering\n");

  it.each([
    ["logind says no", [answered(0, "no\n"), answered(1)]],
    ["logind does not know the user, and there is no file", [notKnown, answered(1)]],
    ["nobody can be asked", [answered(null), answered(null)]],
  ])("is missed when %s", (_, answers) => {
    const { findings } = look(shown(), watching, answers);
    expect(findings).toEqual([expect.objectContaining({ code: "lingering-off", hint: "Turn it on: `sudo loginctl enable-linger claw`." })]);
  });

  it("is on when its file is there, whatever logind knows", () => {
    expect(codes(look(shown(), watching, [notKnown, answered(0)]))).toEqual([]);
  });

  it("does not matter to the machine's own systemd", () => {
    const { look: ask } = systemdService(linuxFacts({ wishes: { scope: "system" } }));
    expect(ask.asks.map(({ argv }) => argv[0])).toEqual(["systemctl", "systemctl"]);
    expect(ask.read([shown(), watching]).findings).toEqual([]);
  });
});

describe("a systemd that cannot be asked", () => {
  it.each([
    ["Failed to connect to bus: No medium found\n"],
    ["Failed to connect to user scope bus via local transport: No such file or directory\n"],
  ])("says so, and how a person gets there: %s", (stderr) => {
    const report = look(answered(1, "", stderr), answered(1, "", stderr), [answered(1), answered(1)]);
    expect(report).toMatchObject({ state: "unreachable", isEnabled: false, detail: stderr.trim() });
    expect(report.findings[0]?.hint).toContain("machinectl shell claw@");
  });

  it("is one that is not installed, too", () => {
    expect(look(answered(null))).toMatchObject({ state: "unreachable", detail: "spawn systemctl ENOENT" });
  });
});
