import { beforeEach, describe, expect, it } from "vitest";
import { runInstall } from "../../../../src/cli/service/run-install.js";
import { usualWishes } from "../../../../src/service/choose-service.js";
import type { MatchedWay } from "../../../../src/service/older-ways/match-forwards.js";
import type { CommandResult } from "../../../../src/service/service.js";
import { olderWay } from "../../../support/fake-older-ways.js";
import { fakeCli } from "../../fixtures/service-machine.js";
import { definitionPath, ServiceWorld } from "../../fixtures/service-world.js";

const args = { wishes: usualWishes, replacesOlder: false, isDryRun: false, asJson: false };
const forward = { local: "127.0.0.1:18789", to: "127.0.0.1:18789" };
const unit = olderWay();
const same: MatchedWay = { way: unit, forwards: [{ forward, verdict: "same", tunnel: "openclaw" }], verdict: "replaceable" };

let world: ServiceWorld;
let ran: string[];
beforeEach(() => {
  world = new ServiceWorld();
  ran = [];
});

/** systemctl is noted here, and fails for the units named; everything else is the world's. */
function cliWith(matched: readonly MatchedWay[], failing: readonly string[] = []) {
  const run = async (command: { argv: readonly string[] }): Promise<CommandResult> => {
    if (command.argv[0] !== "systemctl" && command.argv[0] !== "crontab") return world.run(command);
    ran.push(command.argv.join(" "));
    const isBad = failing.some((name) => command.argv.includes(name) && command.argv.includes("disable"));
    return { argv: command.argv, code: isBad ? 1 : 0, stdout: "", stderr: isBad ? "no" : "", problem: null };
  };
  return fakeCli(world, { machine: { run, olderWays: async () => ({ matched, skipped: [] }) } });
}

describe("an older way to keep the same forward open", () => {
  it("is shown, and left as it is where nobody can be asked", async () => {
    const { context, machine, talk } = cliWith([same]);
    expect(await runInstall(context, args, machine)).toBe(0);
    expect(talk.join("\n")).toContain("your systemd unit autossh.service");
    expect(talk.join("\n")).toContain("--replace-older");
    expect(ran.filter((command) => command.includes("autossh"))).toEqual([]);
  });

  it("is turned off by --replace-older once the service stands, with the way back", async () => {
    const { context, machine, answers } = cliWith([same]);
    expect(await runInstall(context, { ...args, replacesOlder: true }, machine)).toBe(0);
    expect(world.definition()).toBeDefined();
    expect(ran).toContain("systemctl --user disable --now autossh.service");
    expect(answers.join("\n")).toContain("turned off your systemd unit autossh.service");
    expect(answers.join("\n")).toContain("to have that back: systemctl --user enable --now autossh.service");
  });

  it("stays when it does more than clawtunnel would", async () => {
    const { context, machine } = cliWith([{ ...same, verdict: "partly" }]);
    await runInstall(context, { ...args, replacesOlder: true }, machine);
    expect(ran.filter((command) => command.includes("autossh"))).toEqual([]);
  });

  it("is turned on again with all the others when one of them cannot be turned off, and the service stays", async () => {
    const other = { ...same, way: { ...unit, name: "bad.service" } };
    const { context, machine } = cliWith([same, other], ["bad.service"]);
    await expect(runInstall(context, { ...args, replacesOlder: true }, machine)).rejects.toMatchObject({ code: "service-manager-failed" });
    expect(ran.filter((command) => command.includes("enable"))).toEqual(
      expect.arrayContaining(["systemctl --user enable --now autossh.service"]),
    );
    expect(world.files.read(definitionPath)).toBeDefined();
  });
});
