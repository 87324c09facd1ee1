import { describe, expect, it } from "vitest";
import { plainStyle } from "../../../../src/cli/output.js";
import { renderOlderWays } from "../../../../src/cli/service/render-older-ways.js";
import type { MatchedForward, MatchedWay } from "../../../../src/service/older-ways/match-forwards.js";
import type { OlderWay } from "../../../../src/service/older-ways/older-way.js";
import { olderWayFindings } from "../../../../src/service/older-ways/older-way-findings.js";
import { olderWay } from "../../../support/fake-older-ways.js";

const same: MatchedForward = { forward: { local: "127.0.0.1:8080", to: "localhost:80" }, verdict: "same", tunnel: "web" };
const fights: MatchedForward = { forward: { dynamic: "127.0.0.1:1080" }, verdict: "sameBind", tunnel: "socks" };
const other: MatchedForward = { forward: { remote: "localhost:2222", to: "localhost:22" }, verdict: "other", tunnel: null };

function matched(verdict: MatchedWay["verdict"], forwards: readonly MatchedForward[], way: Partial<OlderWay> = {}): MatchedWay {
  return { way: olderWay(way), forwards, verdict };
}

describe("what doctor says of an older way", () => {
  it.each<[code: string, found: MatchedWay, message: string, hint: string]>([
    [
      "older-way-same",
      matched("replaceable", [same]),
      'your systemd unit autossh.service keeps the same open as "web"',
      "clawtunnel install --replace-older",
    ],
    [
      "older-way-same",
      matched("replaceable", [same], { manager: "systemd-system" }),
      "the system's systemd unit",
      "sudo systemctl disable --now autossh.service",
    ],
    ["older-way-partly", matched("partly", [same, other]), "and does more than that", "clawtunnel import /home/me/.config"],
    [
      "older-way-fights",
      matched("fights", [fights]),
      'has an address of "socks" for something else: -D 127.0.0.1:1080',
      "systemctl --user disable --now",
    ],
  ])("%s", (code, found, message, hint) => {
    expect(olderWayFindings([found])).toEqual([{ code, message: expect.stringContaining(message), hint: expect.stringContaining(hint) }]);
  });

  it("is nothing when ours have nothing to do with it", () => {
    expect(olderWayFindings([matched("other", [other])])).toEqual([]);
  });
});

describe("what an install shows of older ways", () => {
  it("names each with its forwards, what they are to ours, and what to do", () => {
    const launchd = { manager: "launchd", name: "ai.openclaw.ssh-tunnel", domain: "gui/501", isActive: false } as const;
    const cron = {
      manager: "cron",
      name: "line 3",
      line: 3,
      path: null,
      isActive: null,
      loses: ["-w 0: network devices are not forwarded"],
    } as const;
    const text = renderOlderWays(
      [
        matched("replaceable", [same]),
        matched("fights", [fights], launchd),
        matched("partly", [same, other], cron),
        matched("other", [other]),
      ],
      ["cannot read /etc/systemd/system/x.service: EACCES"],
      plainStyle,
    );
    expect(text.split("\n")).toEqual([
      "your systemd unit autossh.service  running",
      '  -L 127.0.0.1:8080:localhost:80  the same as "web"',
      "  can be replaced: systemctl --user disable --now autossh.service",
      "your launchd job ai.openclaw.ssh-tunnel  not running now",
      '  -D 127.0.0.1:1080  has an address of "socks", and leads elsewhere',
      "  only one of them can have the address; to turn it off: launchctl disable gui/501/ai.openclaw.ssh-tunnel; launchctl bootout gui/501/ai.openclaw.ssh-tunnel",
      "line 3 of your crontab",
      '  -L 127.0.0.1:8080:localhost:80  the same as "web"',
      "  -R localhost:2222:localhost:22  none of clawtunnel's",
      "  besides: -w 0: network devices are not forwarded",
      "  does more than clawtunnel would: take that over first with `clawtunnel import -- COMMAND`, with the ssh command of line 3 of `crontab -l`",
      "your systemd unit autossh.service  running",
      "  -R localhost:2222:localhost:22  none of clawtunnel's",
      "  could be taken over with `clawtunnel import /home/me/.config/systemd/user/autossh.service`",
      "not looked at: cannot read /etc/systemd/system/x.service: EACCES",
    ]);
  });

  it("is nothing where there are none, and draws nothing on a terminal that a unit's name would", () => {
    expect(renderOlderWays([], [], plainStyle)).toBe("");
    expect(renderOlderWays([matched("replaceable", [same], { name: "a\u001b[2J.service" })], [], plainStyle)).not.toContain("\u001b");
  });
});
