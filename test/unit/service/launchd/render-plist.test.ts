import { describe, expect, it } from "vitest";
import { readPlist } from "../../../../src/interchange/services/plist-value.js";
import type { ServiceFacts } from "../../../../src/service/facts.js";
import { renderPlist } from "../../../../src/service/launchd/render-plist.js";
import { macFacts } from "../../../support/service-facts.js";

async function read(facts: ServiceFacts): Promise<Readonly<Record<string, unknown>>> {
  const plist = await readPlist(renderPlist(facts));
  if (typeof plist === "string") throw new Error(plist);
  return plist.value as Readonly<Record<string, unknown>>;
}

const agent = {
  Label: "dev.clawtunnel.daemon",
  ProgramArguments: [
    "/opt/homebrew/opt/node/bin/node",
    "/opt/homebrew/lib/node_modules/clawtunnel/dist/daemon/clawtunnel-daemon.js",
    "service",
  ],
  RunAtLoad: true,
  KeepAlive: { SuccessfulExit: false },
  ThrottleInterval: 5,
  ExitTimeOut: 20,
  WatchPaths: ["/Users/ada/Library/Application Support/clawtunnel/config.json"],
  ProcessType: "Interactive",
  Umask: 0o077,
  WorkingDirectory: "/Users/ada",
  EnvironmentVariables: { PATH: "/opt/homebrew/bin:/usr/bin:/bin:/usr/sbin:/sbin", CLAWTUNNEL_SERVICE: "launchd" },
  StandardInPath: "/dev/null",
  StandardOutPath: "/Users/ada/Library/Logs/clawtunnel/service.log",
  StandardErrorPath: "/Users/ada/Library/Logs/clawtunnel/service.log",
};

describe("the property list", () => {
  it("is, for a user, an agent with these keys and no others", async () => {
    expect(await read(macFacts())).toEqual(agent);
  });

  it("may be loaded without a log-in at the screen when it is headless", async () => {
    expect(await read(macFacts({ wishes: { isHeadless: true } }))).toEqual({ ...agent, LimitLoadToSessionType: ["Aqua", "Background"] });
  });

  it("runs as the user when it is the system's, with what a log-in would have set", async () => {
    expect(await read(macFacts({ wishes: { scope: "system", isHeadless: true } }))).toEqual({
      ...agent,
      UserName: "ada",
      EnvironmentVariables: {
        ...agent.EnvironmentVariables,
        HOME: "/Users/ada",
        USER: "ada",
        LOGNAME: "ada",
        CLAWTUNNEL_SERVICE_SCOPE: "system",
      },
    });
  });

  it("is told apart from that of another home, and knows where its files are", async () => {
    const env = { CLAWTUNNEL_HOME: "/Volumes/work/tunnels" };
    expect(await read(macFacts({ env, instance: "1a2b3c4d" }))).toMatchObject({
      Label: "dev.clawtunnel.daemon.1a2b3c4d",
      EnvironmentVariables: { CLAWTUNNEL_HOME: "/Volumes/work/tunnels" },
      WatchPaths: ["/Volumes/work/tunnels/config.json"],
      StandardErrorPath: "/Volumes/work/tunnels/state/service.log",
    });
  });

  it("does not let a variable of the caller take the place of what the service needs", async () => {
    expect(await read(macFacts({ env: { PATH: "/tmp", CLAWTUNNEL_SERVICE: "none" } }))).toMatchObject(agent);
  });

  it.each([
    ["an entity", "/Users/a&b;&#65;"],
    ["brackets and a CDATA's end", "/Users/<x>]]></string>"],
    ["quotes", `/Users/"it's"`],
    ["what looks like a place in the template", "/Users/{{label}}$&$1"],
    ["a comment's end", "/Users/-->"],
    ["line ends of every kind", "/Users/a\nb\r\nc\rd\te"],
    ["spaces at its ends", "  /Users/a  "],
    ["other scripts and an emoji", "/Users/Zoë/漢字/עברית/😀"],
  ])("holds a text with %s wherever a text can be", async (_, nasty) => {
    const program = { node: nasty, nodeOptions: [nasty, ""], script: nasty, warnings: [] };
    const env = { [nasty]: nasty, XDG_STATE_HOME: nasty };
    const user = { name: nasty, uid: 501, home: nasty, sid: null };
    const paths = { ...macFacts().paths, configFile: nasty, stateDir: `/x${nasty}` };
    const facts = macFacts({ program, env, user, paths, searchPath: nasty, instance: nasty, wishes: { scope: "system" } });
    expect(await read(facts)).toEqual({
      ...agent,
      Label: `dev.clawtunnel.daemon.${nasty}`,
      ProgramArguments: [nasty, nasty, "", nasty, "service"],
      UserName: nasty,
      WatchPaths: [nasty],
      WorkingDirectory: nasty,
      EnvironmentVariables: {
        [nasty]: nasty,
        XDG_STATE_HOME: nasty,
        HOME: nasty,
        USER: nasty,
        LOGNAME: nasty,
        CLAWTUNNEL_SERVICE_SCOPE: "system",
        PATH: nasty,
        CLAWTUNNEL_SERVICE: "launchd",
      },
      StandardOutPath: `/x${nasty}/service.log`,
      StandardErrorPath: `/x${nasty}/service.log`,
    });
  });

  it("is refused, by name, when a variable has what XML cannot hold", () => {
    const message = expect.stringContaining("XDG_STATE_HOME has the character U+0007");
    expect(() => renderPlist(macFacts({ env: { XDG_STATE_HOME: "/a\u0007" } }))).toThrow(
      expect.objectContaining({ code: "service-unavailable", message }),
    );
  });
});
