import { describe, expect, it } from "vitest";
import { launchdService } from "../../../../src/service/launchd/launchd-service.js";
import type { Step } from "../../../../src/service/service.js";
import { macFacts } from "../../../support/service-facts.js";

const lines = (steps: readonly Step[]) =>
  steps.map((step) => (step.do === "run" ? step.argv.join(" ").replace(/^launchctl /, "") : step.do));

const agent = "/Users/ada/Library/LaunchAgents/dev.clawtunnel.daemon.plist";

describe("a service of launchd", () => {
  it("is an agent of its user", () => {
    const { manager, scope, name, files } = launchdService(macFacts());
    expect({ manager, scope, name }).toEqual({ manager: "launchd", scope: "user", name: "dev.clawtunnel.daemon" });
    expect(files.map(({ path, mode, encoding }) => ({ path, mode, encoding }))).toEqual([{ path: agent, mode: 0o644, encoding: "utf8" }]);
  });

  it("is let go of by launchd before the new file is loaded, in whichever session it was", () => {
    expect(lines(launchdService(macFacts()).enrol)).toEqual([
      "/usr/bin/install -d -m 700 -o ada /Users/ada/Library/Logs/clawtunnel",
      "bootout gui/501/dev.clawtunnel.daemon",
      "print gui/501/dev.clawtunnel.daemon",
      "bootout user/501/dev.clawtunnel.daemon",
      "print user/501/dev.clawtunnel.daemon",
      "enable gui/501/dev.clawtunnel.daemon",
      `bootstrap gui/501 ${agent}`,
      "kickstart gui/501/dev.clawtunnel.daemon",
    ]);
  });

  it("is restarted in one step, without letting go of it", () => {
    expect(lines(launchdService(macFacts()).restart)).toEqual(["kickstart -k gui/501/dev.clawtunnel.daemon"]);
  });

  it("belongs in the background session when it is headless", () => {
    const { start, files } = launchdService(macFacts({ wishes: { isHeadless: true } }));
    expect(files[0]?.path).toBe(agent);
    expect(lines(start)).toContain(`bootstrap user/501 ${agent}`);
  });

  it("is the system's own with that scope, whoever it runs as", () => {
    const { scope, files, start, withdraw, look } = launchdService(macFacts({ instance: "1a2b3c4d", wishes: { scope: "system" } }));
    const file = "/Library/LaunchDaemons/dev.clawtunnel.daemon.1a2b3c4d.plist";
    expect([scope, files[0]?.path, files[0]?.mode]).toEqual(["system", file, 0o644]);
    expect(lines(start)).toContain(`bootstrap system ${file}`);
    expect(lines(withdraw)).toEqual(["bootout system/dev.clawtunnel.daemon.1a2b3c4d", "print system/dev.clawtunnel.daemon.1a2b3c4d"]);
    expect(look.asks).toHaveLength(2);
  });

  it("tells what it cannot do, for each way to install it", () => {
    const warnings = [{}, { isHeadless: true }, { scope: "system" as const }].map(
      (wishes) => launchdService(macFacts({ wishes })).warnings,
    );
    expect(warnings.map(([warning]) => warning)).toEqual([
      expect.stringContaining("log-in at the screen"),
      expect.stringContaining("first log-in"),
      expect.stringContaining("no ssh-agent"),
    ]);
  });
});
