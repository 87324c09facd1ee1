import { describe, expect, it } from "vitest";
import { lookAtJob } from "../../../../src/service/launchd/look.js";
import type { CommandResult } from "../../../../src/service/service.js";

const label = "dev.clawtunnel.daemon";
const look = lookAtJob(label, ["gui/501", "user/501"]);

const result = (code: number | null, stdout = "", stderr = ""): CommandResult => ({
  argv: ["launchctl"],
  code,
  stdout,
  stderr,
  problem: code === null ? "spawn launchctl ENOENT" : null,
});
const notThere = result(113, "", 'Could not find service "dev.clawtunnel.daemon" in domain for user gui: 501');
const job = (...fields: string[]) => result(0, `x = {\n${fields.map((field) => `\t${field}\n`).join("")}}`);
const enabled = result(0, "disabled services = {\n}");
const disabled = result(0, `disabled services = {\n\t"${label}" => disabled\n}`);

describe("a look at launchd", () => {
  it("asks in both sessions, and for what is disabled", () => {
    expect(look.asks.map(({ argv }) => argv.join(" "))).toEqual([
      "launchctl print gui/501/dev.clawtunnel.daemon",
      "launchctl print user/501/dev.clawtunnel.daemon",
      "launchctl print-disabled gui/501",
    ]);
  });

  it.each([
    ["running", job("state = running", "pid = 12", "last exit code = (never exited)")],
    ["waiting", job("state = spawn scheduled", "last exit code = 1")],
    ["starting", job("state = xpcproxy", "pid = 13")],
    ["stopped", job("state = SIGTERMed", "pid = 12")],
    ["stopped", job("state = not running", "last exit code = 0")],
    ["stopped", job("state = not running", "last exit code = (never exited)")],
    ["failed", job("state = not running", "last exit code = 1")],
    ["failed", job("state = exited", "last terminating signal = Killed: 9")],
    ["running", job("state = words of a later release", "pid = 12")],
  ] as const)("finds it %s in %o", (state, print) => {
    expect(look.read([print, notThere, enabled]).state).toBe(state);
  });

  it("tells pid and words of a job, wherever it is loaded", () => {
    const print = job("state = running", "pid = 12", "last exit code = 1");
    expect(look.read([notThere, print, enabled])).toEqual({
      state: "running",
      pid: 12,
      isEnabled: true,
      detail: "state = running, last exit = 1",
      findings: [],
    });
  });

  it("tells a job that was stopped on purpose from one that launchd does not know", () => {
    expect(look.read([notThere, notThere, disabled])).toMatchObject({ state: "stopped", isEnabled: false, detail: "disabled" });
    expect(look.read([notThere, notThere, enabled])).toMatchObject({ state: "absent", isEnabled: false });
  });

  it("says that a job which runs will not start with the next log-in", () => {
    expect(look.read([job("state = running", "pid = 12"), notThere, disabled])).toMatchObject({ state: "running", isEnabled: false });
  });

  it("finds that nobody is logged in at the screen", () => {
    const noScreen = result(125, "", "Could not print service: 125: Domain does not support specified action");
    expect(look.read([noScreen, notThere, enabled])).toMatchObject({ state: "absent", findings: [{ code: "no-login-session" }] });
  });

  it("finds that launchd cannot even begin", () => {
    const print = job("state = spawn scheduled", "last exit code = 78: EX_CONFIG");
    expect(look.read([print, notThere, enabled])).toMatchObject({ state: "waiting", findings: [{ code: "not-startable" }] });
  });

  it("cannot be made where launchctl does not answer", () => {
    expect(look.read([result(null), result(null), result(null)])).toMatchObject({ state: "unreachable", detail: "spawn launchctl ENOENT" });
    expect(look.read([result(64, "", "Unrecognized target specifier.\nUsage"), notThere, enabled])).toMatchObject({
      state: "unreachable",
      detail: "Unrecognized target specifier.",
    });
  });
});
