import { describe, expect, it } from "vitest";
import { readLaunchdPlist } from "../../../src/interchange/services/launchd-plist.js";

const doctype = '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">';
const plist = (body: string, type = doctype) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${type}\n<plist version="1.0">\n<dict>\n${body}\n</dict>\n</plist>\n`;
const argumentsOf = (...words: string[]) =>
  `<key>ProgramArguments</key><array>${words.map((word) => `<string>${word}</string>`).join("")}</array>`;
const label = "<key>Label</key><string>ai.openclaw.ssh-tunnel</string>";

describe("a job that runs ssh", () => {
  it("is the tunnel of OpenClaw's own recipe, whose forwards stand in ssh_config", async () => {
    const { tunnels, leftOut } = await readLaunchdPlist(
      plist(`${label}${argumentsOf("/usr/bin/ssh", "-N", "remote-gateway")}<key>KeepAlive</key><true/><key>RunAtLoad</key><true/>`),
      "/Users/me",
    );
    expect(tunnels).toMatchObject([{ name: "ai.openclaw.ssh-tunnel", entry: { target: "remote-gateway" } }]);
    expect(leftOut.map(({ what, isNeedless }) => [what, isNeedless])).toEqual([
      ["KeepAlive true", true],
      ["RunAtLoad true", true],
    ]);
  });

  it("has its arguments as they stand, entities of XML and all", async () => {
    const body = `${argumentsOf("autossh", "-M", "0", "-N", "-o", "ProxyCommand=nc &quot;a&quot; &amp;&#33;", "-D", "1080", "vps")}<key>WorkingDirectory</key><string>/k</string>`;
    const { tunnels } = await readLaunchdPlist(plist(body), "/Users/me");
    expect(tunnels).toMatchObject([
      { name: "vps", entry: { target: "vps", sshOptions: ['ProxyCommand=nc "a" &!'], forwards: [{ dynamic: "127.0.0.1:1080" }] } },
    ]);
  });

  it("may name its program apart, and start it with a shell", async () => {
    const body = `${label}<key>Program</key><string>/usr/bin/ssh</string>${argumentsOf("tunnel", "-N", "-D", "1080", "vps")}`;
    expect((await readLaunchdPlist(plist(body), "/Users/me")).tunnels).toHaveLength(1);
    const shell = argumentsOf("/bin/sh", "-c", "exec /usr/bin/ssh -N -i $HOME/.ssh/id -D 1080 vps");
    expect((await readLaunchdPlist(plist(shell), "/Users/me")).tunnels).toMatchObject([{ entry: { identities: ["/Users/me/.ssh/id"] } }]);
  });

  it("tells of its environment without its secrets, and of the user it runs as", async () => {
    const body = `${argumentsOf("/usr/bin/ssh", "-N", "vps")}<key>UserName</key><string>tunnel</string><key>EnvironmentVariables</key><dict><key>SECRET</key><string>hunter2</string></dict>`;
    const { leftOut } = await readLaunchdPlist(plist(body), "/Users/me");
    expect(leftOut.map(({ what }) => what)).toEqual(["SECRET", "UserName tunnel"]);
    expect(JSON.stringify(leftOut)).not.toContain("hunter2");
  });
});

describe("a property list that cannot be taken over", () => {
  it.each([
    ["a binary one", "bplist00\u0001", "plutil -convert xml1"],
    ["one that is cut off", plist(label).slice(0, 200), "it is not right as XML"],
    ["another XML", "<?xml version='1.0'?><html><body/></html>", "it is XML, but no property list"],
    ["an empty file", "", "it is not right as XML"],
    [
      "a list of its own entities",
      plist(argumentsOf("/usr/bin/ssh", "&b;"), '<!DOCTYPE plist [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>'),
      "it is not right as XML",
    ],
    [
      "an entity that is never used",
      plist(argumentsOf("/usr/bin/ssh", "-N", "vps"), '<!DOCTYPE plist [<!ENTITY a "x">]>'),
      "it defines entities of its own",
    ],
    [
      "an entity from outside",
      plist(argumentsOf("/usr/bin/ssh", "&a;"), '<!DOCTYPE plist [<!ENTITY a SYSTEM "file:///etc/hostname">]>'),
      "it is not right as XML",
    ],
    ["lists in lists in lists", `<plist>${"<array>".repeat(5000)}${"</array>".repeat(5000)}</plist>`, "nested too deeply"],
    ["a job that is a list", "<plist><array/></plist>", "it is no job of launchd"],
    ["a job that runs nothing", plist(label), "it has no ProgramArguments"],
  ])("%s says why", async (_, text, why) => {
    const { tunnels, leftOut } = await readLaunchdPlist(text, "/Users/me");
    expect(tunnels).toEqual([]);
    expect(
      leftOut.some((left) => left.why.includes(why)),
      JSON.stringify(leftOut),
    ).toBe(true);
  });

  it("may have keys that objects have of themselves", async () => {
    const body = `<key>__proto__</key><dict><key>ProgramArguments</key><array/></dict><key>constructor</key><string>x</string>`;
    expect((await readLaunchdPlist(plist(body), "/Users/me")).tunnels).toEqual([]);
  });
});
