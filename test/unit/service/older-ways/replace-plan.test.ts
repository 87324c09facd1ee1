import { describe, expect, it } from "vitest";
import { performSteps } from "../../../../src/service/flows/perform.js";
import type { OlderWay } from "../../../../src/service/older-ways/older-way.js";
import { planReplacement } from "../../../../src/service/older-ways/replace-plan.js";
import type { CommandResult, RunStep, SystemCommand } from "../../../../src/service/service.js";
import { olderWay } from "../../../support/fake-older-ways.js";
import { stepHands } from "../../../support/step-hands.js";

const facts = { runtimeDir: "/run/user/1000", crontab: null };
const way = (others: Partial<OlderWay>): OlderWay =>
  olderWay({ name: "autossh@box.service", path: "/home/me/.config/systemd/user/autossh@.service", ...others });
const agent = way({
  manager: "launchd",
  name: "ai.openclaw.ssh-tunnel",
  path: "/Users/me/Library/LaunchAgents/t.plist",
  domain: "gui/501",
});
const commands = (steps: readonly RunStep[]) => steps.map(({ argv }) => argv.join(" "));

describe("a unit of systemd", () => {
  it.each<[what: string, was: Partial<OlderWay>, off: string, on: string]>([
    ["that is enabled and runs", {}, "disable --now", "enable --now"],
    ["that is enabled and does not run", { isActive: false }, "disable", "enable"],
    ["that runs and is not enabled", { isEnabled: false }, "stop", "start"],
    ["of which nobody knows whether it runs", { isActive: null }, "disable --now", "enable --now"],
  ])("%s comes back as it was", (_, was, off, on) => {
    const { steps, back, undo } = planReplacement([way(was)], facts);
    expect(commands(steps)).toEqual([`systemctl --user ${off} autossh@box.service`]);
    expect(commands(back)).toEqual([`systemctl --user ${on} autossh@box.service`]);
    expect(undo).toEqual([`systemctl --user ${on} autossh@box.service`]);
    expect([...steps, ...back].map(({ env }) => env)).toEqual([
      { XDG_RUNTIME_DIR: "/run/user/1000" },
      { XDG_RUNTIME_DIR: "/run/user/1000" },
    ]);
  });

  it("whose file stands elsewhere comes back by that file: systemd knew it by a link that is gone", () => {
    const { back } = planReplacement([way({ name: "t.service", path: "/home/me/t.service", isLinked: true })], facts);
    expect(commands(back)).toEqual(["systemctl --user enable --now /home/me/t.service"]);
  });

  it("of the system is for root alone, as is a job of the machine", () => {
    const ways = [way({ manager: "systemd-system" }), way({ manager: "launchd-system" })];
    expect(planReplacement(ways, facts)).toEqual({ steps: [], back: [], undo: [], warnings: [] });
  });
});

/** A launchd in which `bootout` has ended the job only when it was asked for it that often. */
function launchd({ drainsFor = 0, isLoaded = true, bootstrapFails = 0 }) {
  const ran: string[] = [];
  let [loaded, asked, failures] = [isLoaded, 0, bootstrapFails];
  const run = async ({ argv }: SystemCommand): Promise<CommandResult> => {
    const [, verb = ""] = argv;
    ran.push(verb);
    let code = 0;
    if (verb === "bootout") code = loaded ? 0 : 3;
    if (verb === "print") {
      asked += 1;
      if (ran.includes("bootout") && asked > drainsFor && !ran.includes("bootstrap")) loaded = false;
      code = loaded ? 0 : 113;
    }
    if (verb === "bootstrap") {
      code = failures > 0 ? 5 : 0;
      loaded ||= failures === 0;
      failures -= 1;
    }
    return { argv, code, stdout: "", stderr: "", problem: null };
  };
  return { ran, hands: stepHands(run), isLoaded: () => loaded };
}

describe("a job of launchd", () => {
  const { steps, back, undo } = planReplacement([agent], facts);

  it("is disabled before it is unloaded, and the other way round on the way back", () => {
    expect(commands(steps)).toEqual([
      "launchctl disable gui/501/ai.openclaw.ssh-tunnel",
      "launchctl bootout gui/501/ai.openclaw.ssh-tunnel",
    ]);
    expect(commands(back)).toEqual([
      "launchctl enable gui/501/ai.openclaw.ssh-tunnel",
      "launchctl bootstrap gui/501 /Users/me/Library/LaunchAgents/t.plist",
    ]);
    expect(undo).toEqual(commands(back));
  });

  it("is waited for until launchd does not know it any more", async () => {
    const fake = launchd({ drainsFor: 1 });
    await performSteps(steps, fake.hands, AbortSignal.timeout(10_000));
    expect(fake.isLoaded()).toBe(false);
    expect(fake.ran.filter((verb) => verb === "print")).toHaveLength(2);
  });

  it("that is not loaded is no failure", async () => {
    const fake = launchd({ isLoaded: false });
    await performSteps(steps, fake.hands, AbortSignal.timeout(10_000));
    expect(fake.ran).toEqual(["disable", "bootout", "print"]);
  });

  it("comes back although the first bootstrap meets the end of the old job", async () => {
    const fake = launchd({ isLoaded: false, bootstrapFails: 1 });
    await performSteps(back, fake.hands, AbortSignal.timeout(10_000));
    expect(fake.isLoaded()).toBe(true);
  });

  it("that is not loaded is only disabled, and only enabled again", () => {
    const plan = planReplacement([{ ...agent, isActive: false }], facts);
    expect([commands(plan.steps), commands(plan.back)]).toEqual([
      ["launchctl disable gui/501/ai.openclaw.ssh-tunnel"],
      ["launchctl enable gui/501/ai.openclaw.ssh-tunnel"],
    ]);
  });
});

describe("lines of the crontab", () => {
  const crontab = "MAILTO=me\n@reboot ssh -N -D 1080 a\n0 3 * * * backup\n@reboot ssh -N -D 1081 b\n";
  const line = (number: number) => way({ manager: "cron", name: `line ${number}`, path: null, line: number });

  it("are turned off all at once, and only they", () => {
    const { steps, back, warnings } = planReplacement([line(2), line(4)], { ...facts, crontab });
    expect(commands(steps)).toEqual(["crontab -"]);
    expect(steps[0]?.input).toBe(
      "MAILTO=me\n#replaced-by-clawtunnel# @reboot ssh -N -D 1080 a\n0 3 * * * backup\n#replaced-by-clawtunnel# @reboot ssh -N -D 1081 b\n",
    );
    expect(back[0]?.input).toBe(crontab);
    expect(warnings).toEqual([expect.stringContaining("has its ports until it ends")]);
  });

  it("cannot be turned off where the crontab is not known", () => {
    expect(planReplacement([line(2)], facts).steps).toEqual([]);
  });
});

it("several ways are turned off in their order and on again in reverse", () => {
  const { steps, back } = planReplacement([way({ name: "a.service" }), way({ name: "b.service" })], facts);
  expect(commands(steps).map((command) => command.split(" ").at(-1))).toEqual(["a.service", "b.service"]);
  expect(commands(back).map((command) => command.split(" ").at(-1))).toEqual(["b.service", "a.service"]);
});
