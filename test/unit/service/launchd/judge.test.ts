import { describe, expect, it } from "vitest";
import { judgeBootout, judgeBootstrap, judgeGone, judgeKickstart } from "../../../../src/service/launchd/judge.js";
import type { CommandResult } from "../../../../src/service/service.js";

const print = { argv: ["launchctl", "print", "gui/501/dev.clawtunnel.daemon"] };
const result = (code: number | null, stderr = "", stdout = ""): CommandResult => ({
  argv: print.argv,
  code,
  stdout,
  stderr,
  problem: null,
});
const answers = (answer: CommandResult) => async () => answer;

const missing = result(113, 'Could not find service "dev.clawtunnel.daemon" in domain for user gui: 501');
const running = result(0, "", "x = {\n\tstate = running\n\tpid = 7\n}");
const draining = result(0, "", "x = {\n\tstate = SIGTERMed\n\tpid = 7\n}");
const busy = result(5, "Bootstrap failed: 5: Input/output error");

describe("what launchctl answers", () => {
  it.each([
    ["gone", missing],
    ["gone", result(3, "Boot-out failed: 3: No such process")],
    ["gone, by its words, whatever the code of this release", result(200, "Could not find service in domain")],
    ["gone, when there is no such session", result(112, 'Could not find domain for user gui: "501"')],
  ])("means that the job is %s", (_, answer) => {
    expect(judgeGone(answer, answers(missing))).toBe("done");
  });

  it("means that the job is still there as long as it can be printed, and is a failure when launchctl cannot be run", () => {
    expect([judgeGone(draining, answers(missing)), judgeGone(result(null), answers(missing))]).toEqual(["again", "failed"]);
  });

  it("takes 5 from bootout for done only when the job is not there", async () => {
    const judge = judgeBootout(print);
    expect([await judge(busy, answers(missing)), await judge(busy, answers(running))]).toEqual(["done", "again"]);
    expect([await judge(result(36), answers(running)), await judge(result(1), answers(missing))]).toEqual(["done", "failed"]);
  });

  it("takes 5 and 37 from bootstrap for done when the job is loaded, but not while it is on its way out", async () => {
    const judge = judgeBootstrap(print);
    const verdicts = [busy, result(37)].flatMap((answer) => [running, draining, missing].map((seen) => judge(answer, answers(seen))));
    expect(await Promise.all(verdicts)).toEqual(["done", "again", "again", "done", "again", "again"]);
    expect(await judge(result(109, "Invalid property list"), answers(missing))).toBe("failed");
  });

  it("sees that there is no session also when bootstrap only says 5", async () => {
    const noScreen = result(125, "Could not print domain: 125: Domain does not support specified action");
    await expect(judgeBootstrap(print)(busy, answers(noScreen))).rejects.toMatchObject({
      message: expect.stringContaining("there is no gui/501"),
    });
  });

  it("speaks of a log-in over ssh when it is the background session that is missing", () => {
    const answer = { ...result(125), argv: ["launchctl", "kickstart", "user/501/dev.clawtunnel.daemon"] };
    expect(() => judgeKickstart(answer, answers(missing))).toThrow("this user is not logged in to this Mac");
  });
});
