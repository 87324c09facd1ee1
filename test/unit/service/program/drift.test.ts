import { describe, expect, it } from "vitest";
import { findDrift } from "../../../../src/service/program/drift.js";
import { readInstalledProgram } from "../../../../src/service/program/installed-program.js";
import { fakeMachine } from "../../../support/fake-machine.js";

const node = "/opt/homebrew/bin/node";
const script = "/opt/homebrew/lib/node_modules/clawtunnel/dist/daemon/clawtunnel-daemon.js";
const wanted = { node, nodeOptions: [], script, warnings: [] };

async function findingsWith(nodes: Record<string, string | null>, files: string[], now = wanted) {
  const looks = fakeMachine({ platform: "darwin", nodes, files });
  return (await findDrift({ node, script }, now, looks)).map(({ code }) => code);
}

describe("an installed service", () => {
  it("has not drifted while both are where it says", async () => {
    expect(await findingsWith({ [node]: "24.1.0" }, [script])).toEqual([]);
  });

  it.each<[what: string, codes: string[], nodes: Record<string, string | null>, files: string[], now?: typeof wanted]>([
    ["whose node was uninstalled", ["node-missing"], {}, [script]],
    ["whose node was replaced by an old one", ["node-too-old"], { [node]: "18.20.0" }, [script]],
    [
      "whose node is another than the one that runs now",
      ["node-moved"],
      { [node]: "24.1.0" },
      [script],
      { ...wanted, node: "/usr/bin/node" },
    ],
    ["whose clawtunnel was uninstalled", ["script-missing"], { [node]: "24.1.0" }, []],
    ["whose clawtunnel is another", ["script-moved"], { [node]: "24.1.0" }, [script], { ...wanted, script: "/other/clawtunnel-daemon.js" }],
    ["that has lost both", ["node-missing", "script-missing"], {}, [], { ...wanted, node: "/usr/bin/node", script: "/other" }],
    ["whose node does not say its version", [], { [node]: null }, [script]],
  ])("%s: %j", async (_, codes, nodes, files, now = wanted) => {
    expect(await findingsWith(nodes, files, now)).toEqual(codes);
  });

  it("is to be installed again, whatever has become of it", async () => {
    const findings = await findDrift({ node, script }, wanted, fakeMachine({}));
    expect(findings.map(({ hint }) => hint)).toEqual([
      expect.stringContaining("clawtunnel install"),
      expect.stringContaining("clawtunnel install"),
    ]);
  });

  it("is the same on Windows in another case", async () => {
    const installed = { node: "C:\\Node\\node.exe", script: "C:\\a.js" };
    const looks = fakeMachine({ platform: "win32", nodes: { [installed.node]: "24.1.0" }, files: [installed.script] });
    expect(await findDrift(installed, { ...wanted, node: "c:\\node\\NODE.EXE", script: "C:\\A.js" }, looks)).toEqual([]);
  });
});

describe("the program of an installed definition", () => {
  const nasty = "/home/me/a b%c$d/clawtunnel-daemon.js";

  it("is read from a unit, escapes and all", async () => {
    const unit = `[Unit]\nDescription=x\n[Service]\nExecStart="/usr/bin/no%%de" "--single-threaded-gc" "/home/me/a b%%c$$d/clawtunnel-daemon.js" "service"\n`;
    expect(await readInstalledProgram("systemd", unit)).toEqual({ node: "/usr/bin/no%de", script: nasty });
  });

  it("is read from a property list", async () => {
    const words = ["/usr/bin/node", "--single-threaded-gc", "/Users/me/a &amp; b/clawtunnel-daemon.js", "service"];
    const plist = `<?xml version="1.0"?><plist version="1.0"><dict><key>ProgramArguments</key><array>${words.map((word) => `<string>${word}</string>`).join("")}</array></dict></plist>`;
    expect(await readInstalledProgram("launchd", plist)).toEqual({ node: "/usr/bin/node", script: "/Users/me/a & b/clawtunnel-daemon.js" });
  });

  it.each([
    String.raw`var code = shell.Run("\"C:\\Program Files\\nodejs\\node.exe\" --single-threaded-gc \"C:\\Users\\me\\npm\\clawtunnel-daemon.js\" service", 0, true);`,
    String.raw`var words = ["C:\\Program Files\\nodejs\\node.exe", "--x", "C:\\Users\\me\\npm\\clawtunnel-daemon.js", "service"];`,
    String.raw`var command = "\u0022C:\\Program Files\\nodejs\\node.exe\u0022 \x22C:\\Users\\\u006de\\npm\\clawtunnel-daemon.js\x22";`,
  ])("is read from the launcher of a task: %s", async (text) => {
    expect(await readInstalledProgram("task-scheduler", text)).toEqual({
      node: "C:\\Program Files\\nodejs\\node.exe",
      script: "C:\\Users\\me\\npm\\clawtunnel-daemon.js",
    });
  });

  it("is read from a crontab that has other lines", async () => {
    const crontab = `# @reboot /old/node /old/clawtunnel-daemon.js\n0 3 * * * backup\n@reboot CLAWTUNNEL_SERVICE=cron PATH='/usr/bin' '/usr/bin/node' --x '/home/me/a b\\%c$d/clawtunnel-daemon.js' service >/dev/null 2>&1\n`;
    expect(await readInstalledProgram("cron", crontab)).toEqual({ node: "/usr/bin/node", script: nasty });
  });

  it.each([
    ["systemd", "[Service]\nExecStart=/usr/bin/node /home/me/other.js\n"],
    ["systemd", '[Service]\nExecStart="/usr/bin/node\n'],
    ["systemd", ""],
    ["launchd", "bplist00"],
    ["launchd", '<plist version="1.0"><dict><key>ProgramArguments</key><string>x</string></dict></plist>'],
    ["launchd", '<plist version="1.0"><true/></plist>'],
    ["task-scheduler", "WScript.Quit(0);"],
    ["cron", "0 3 * * * backup\n"],
    ["cron", ""],
    ["cron", "@reboot /usr/bin/node `x` /a/clawtunnel-daemon.js\n"],
  ] as const)("is not made up where there is none: %s, %j", async (manager, text) => {
    expect(await readInstalledProgram(manager, text)).toBeUndefined();
  });
});
