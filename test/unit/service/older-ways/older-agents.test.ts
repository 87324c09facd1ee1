import { describe, expect, it } from "vitest";
import { findOlderWays } from "../../../../src/service/older-ways/find-older-ways.js";
import { fakeOlderWays, type OlderScene } from "../../../support/fake-older-ways.js";

const folder = "/Users/me/Library/LaunchAgents";

/** The shape that OpenClaw's documentation gives: its forward stands in ssh_config. */
const openclaw = (label: string, words = ["/usr/bin/ssh", "-N", "remote-gateway"], more = "") => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>${label}</string>
  <key>ProgramArguments</key>
  <array>${words.map((word) => `<string>${word}</string>`).join("")}</array>
  <key>KeepAlive</key><true/>
  <key>RunAtLoad</key><true/>${more}
</dict>
</plist>
`;
const gateway = { local: "127.0.0.1:18789", to: "127.0.0.1:18789" };
const addConfigured: OlderScene["addConfigured"] = async (tunnel) =>
  tunnel.entry.target === "remote-gateway" ? { ...tunnel, entry: { ...tunnel.entry, forwards: [gateway] } } : tunnel;

const find = (scene: OlderScene) =>
  findOlderWays(fakeOlderWays({ platform: "darwin", home: "/Users/me", uid: 501, addConfigured, ...scene }));

/** launchd, with these jobs loaded and these disabled. */
const launchd =
  (loaded: readonly string[], overrides = ""): NonNullable<OlderScene["says"]> =>
  (command) => {
    if (command.startsWith("launchctl print-disabled")) return { code: 0, stdout: `\tdisabled services = {\n${overrides}\t}\n` };
    return { code: loaded.some((job) => command === `launchctl print ${job}`) ? 0 : 113 };
  };

describe("jobs of launchd that hold forwards open", () => {
  it.each(["ai.openclaw.ssh-tunnel", "com.openclaw.ssh-tunnel", "bot.molt.ssh-tunnel", "org.example.whatever"])(
    "%s is found",
    async (label) => {
      const { ways } = await find({ files: { [`${folder}/${label}.plist`]: openclaw(label) }, says: launchd([`gui/501/${label}`]) });
      expect(ways).toMatchObject([
        {
          manager: "launchd",
          name: label,
          path: `${folder}/${label}.plist`,
          domain: "gui/501",
          isEnabled: true,
          isActive: true,
          tunnels: [{ entry: { target: "remote-gateway", forwards: [gateway] } }],
        },
      ]);
    },
  );

  it("go by their label, not by their file's name", async () => {
    const { ways } = await find({ files: { [`${folder}/tunnel.plist`]: openclaw("my.label") }, says: launchd(["gui/501/my.label"]) });
    expect(ways.map(({ name }) => name)).toEqual(["my.label"]);
  });

  it("are found in the domain of a user without a login at the screen", async () => {
    const { ways } = await find({ files: { [`${folder}/a.plist`]: openclaw("a") }, says: launchd(["user/501/a"]) });
    expect(ways).toMatchObject([{ domain: "user/501", isActive: true }]);
  });

  it("count when they are not loaded now: the next login loads them", async () => {
    const { ways } = await find({ files: { [`${folder}/a.plist`]: openclaw("a") }, says: launchd([]) });
    expect(ways).toMatchObject([{ isActive: false, isEnabled: true, domain: "gui/501" }]);
  });

  it.each(['\t\t"a" => disabled\n', '\t\t"a" => true\n'])("do not count once they were disabled: %j", async (override) => {
    const scene = { files: { [`${folder}/a.plist`]: openclaw("a") } };
    expect((await find({ ...scene, says: launchd([], override) })).ways).toEqual([]);
    expect((await find({ ...scene, says: launchd([], override.replace('"a"', '"a.b"')) })).ways).toHaveLength(1);
  });

  it("count when they are disabled and run all the same", async () => {
    const disabled = openclaw("a", undefined, "<key>Disabled</key><true/>");
    expect((await find({ files: { [`${folder}/a.plist`]: disabled }, says: launchd(["gui/501/a"]) })).ways).toHaveLength(1);
    expect((await find({ files: { [`${folder}/a.plist`]: disabled }, says: launchd([]) })).ways).toEqual([]);
    expect((await find({ files: { [`${folder}/a.plist`]: disabled }, says: launchd([], '\t\t"a" => enabled\n') })).ways).toHaveLength(1);
  });

  it("are those of the machine too, as that", async () => {
    const words = ["/opt/homebrew/bin/autossh", "-M", "0", "-N", "-R", "2222:localhost:22", "vps"];
    const { ways } = await find({
      files: { "/Library/LaunchDaemons/d.plist": openclaw("d", words), "/Library/LaunchAgents/e.plist": openclaw("e", words) },
      says: launchd(["system/d", "gui/501/e"]),
    });
    expect(ways.map(({ manager, name, domain }) => [manager, name, domain])).toEqual([
      ["launchd-system", "e", "gui/501"],
      ["launchd-system", "d", "system"],
    ]);
  });

  it("are read when they are binary, or skipped with a word", async () => {
    const files = { [`${folder}/a.plist`]: "bplist00 /usr/bin/ssh" };
    const converts = (command: string) =>
      command.startsWith("plutil") ? { code: 0, stdout: openclaw("a") } : launchd(["gui/501/a"])(command);
    expect((await find({ files, says: converts })).ways).toMatchObject([{ name: "a" }]);
    const { ways, skipped } = await find({ files, says: launchd([]) });
    expect(ways).toEqual([]);
    expect(skipped).toEqual([`cannot read ${folder}/a.plist: it is a binary property list`]);
  });
});

it.each([
  ["an agent of keys", openclaw("a", ["/usr/bin/ssh-agent", "-l"])],
  ["a host without any forward", openclaw("a", ["/usr/bin/ssh", "-N", "box"])],
  ["a job of another program", openclaw("a", ["/usr/bin/true"], "<key>Comment</key><string>not ssh</string>")],
  ["no property list", "ssh <not xml"],
])("no older way is %s", async (_, text) => {
  expect(await find({ files: { [`${folder}/a.plist`]: text }, says: launchd(["gui/501/a"]) })).toEqual({ ways: [], skipped: [] });
});
