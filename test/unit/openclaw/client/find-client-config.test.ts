import { describe, expect, it } from "vitest";
import { findClientConfig } from "../../../../src/openclaw/client/find-client-config.js";

const find = (env: Record<string, string>, ...existing: string[]) =>
  findClientConfig({
    env,
    home: "/home/me",
    // A folder is there when a file in it is.
    exists: (path) => existing.some((file) => file === path || file.startsWith(`${path}/`)),
  });

// Each answer is what openclaw 2026.9.6 resolves for the same variables and files.
describe.skipIf(process.platform === "win32")("the configuration of the openclaw on this machine", () => {
  it.each<[what: string, env: Record<string, string>, existing: string[], found: string]>([
    ["in the home", {}, [], "/home/me/.openclaw/openclaw.json"],
    ["in the shell's HOME", { HOME: "/h" }, [], "/h/.openclaw/openclaw.json"],
    ["named", { HOME: "/h", OPENCLAW_CONFIG_PATH: " /etc/oc.json ", OPENCLAW_STATE_DIR: "/s" }, [], "/etc/oc.json"],
    ["in a state folder", { HOME: "/h", OPENCLAW_STATE_DIR: "/s" }, ["/h/.openclaw/openclaw.json"], "/s/openclaw.json"],
    ["of the former name in a state folder", { OPENCLAW_STATE_DIR: "/s" }, ["/s/clawdbot.json"], "/s/clawdbot.json"],
    ["in a home of its own", { HOME: "/h", OPENCLAW_HOME: "/o" }, [], "/o/.openclaw/openclaw.json"],
    ["under a home of its own", { HOME: "/h", OPENCLAW_HOME: "~/o", OPENCLAW_CONFIG_PATH: "~/a.json" }, [], "/h/o/a.json"],
    ["in the folder of the former name", { HOME: "/h" }, ["/h/.clawdbot/clawdbot.json"], "/h/.clawdbot/clawdbot.json"],
    ["of the former name in the folder of now", { HOME: "/h" }, ["/h/.openclaw/clawdbot.json"], "/h/.openclaw/clawdbot.json"],
    ["not there, in a folder of the former name", { HOME: "/h" }, ["/h/.clawdbot/x"], "/h/.clawdbot/openclaw.json"],
    [
      "of now before that of the former name",
      { HOME: "/h" },
      ["/h/.openclaw/x", "/h/.clawdbot/clawdbot.json"],
      "/h/.clawdbot/clawdbot.json",
    ],
    ["the same for a profile that no option chose", { HOME: "/h", OPENCLAW_PROFILE: "work" }, [], "/h/.openclaw/openclaw.json"],
    ["of the home, where a variable says nothing", { HOME: "undefined", OPENCLAW_HOME: " " }, [], "/home/me/.openclaw/openclaw.json"],
  ])("is %s", (_what, env, existing, found) => {
    expect(find(env, ...existing)).toBe(found);
  });

  it.each(["OPENCLAW_CONFIG_READONLY", "OPENCLAW_NIX_MODE"])("is not to be changed where %s says so", (name) => {
    expect(() => find({ [name]: "1" })).toThrow(expect.objectContaining({ code: "client-config-unusable" }));
    expect(find({ [name]: "0" })).toBe("/home/me/.openclaw/openclaw.json");
  });
});
