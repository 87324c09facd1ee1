import { beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import { usualWishes } from "../../../../src/service/choose-service.js";
import { type FactSources, gatherFacts } from "../../../../src/service/machine/gather-facts.js";
import type { CommandResult } from "../../../../src/service/service.js";

const program = { node: "/usr/bin/node", nodeOptions: [], script: "/x/clawtunnel-daemon.js", warnings: [] };
const system = { ...usualWishes, scope: "system" } as const;
const lasting = { mustLast: true };

let said: Record<string, Partial<CommandResult>>;
let ran: string[];
let there: Set<string>;

beforeEach(() => {
  ran = [];
  there = new Set(["/run/systemd/system", "/run/user/1000", "/usr/bin/systemd-notify"]);
  said = {
    "systemctl --version": { stdout: "systemd 252 (252.39-1~deb12u1)\n+PAM +AUDIT\n" },
    "crontab -l": { stdout: "@daily backup\n" },
  };
});

function sources(changes: Partial<FactSources> = {}): FactSources {
  return {
    platform: "linux",
    env: { PATH: "/usr/local/bin:/usr/bin", HOME: "/home/me" },
    user: { name: "me", uid: 1000, home: "/home/me" },
    exists: (path) => there.has(path),
    canRun: (path) => there.has(path),
    run: async ({ argv }) => {
      const command = argv.join(" ");
      ran.push(command);
      const nothing = { argv, code: 0, stdout: "", stderr: "", problem: null };
      return { ...nothing, ...(said[command] ?? { code: null, problem: "ENOENT" }) };
    },
    findProgram: async () => program,
    searchPath: () => "/usr/bin",
    ...changes,
  };
}

describe("the facts of a Linux machine", () => {
  it("are its systemd, its crontab, and the files as the service will see them", async () => {
    expect(await gatherFacts(usualWishes, lasting, sources())).toMatchObject({
      user: { name: "me", uid: 1000, home: "/home/me", sid: null },
      program,
      searchPath: "/usr/bin",
      env: {},
      instance: null,
      systemd: { version: 252, canNotify: true, runtimeDir: "/run/user/1000" },
      crontab: "@daily backup\n",
      paths: { controlEndpoint: "/run/user/1000/clawtunnel/control.sock", configFile: "/home/me/.config/clawtunnel/config.json" },
    });
  });

  it("have no systemd where it is only installed, and nobody asks it then", async () => {
    there.delete("/run/systemd/system");
    expect((await gatherFacts(usualWishes, lasting, sources())).systemd).toBeNull();
    expect(ran).not.toContain("systemctl --version");
  });

  it("are modest about what is not there", async () => {
    there = new Set(["/run/systemd/system"]);
    const { systemd } = await gatherFacts(usualWishes, lasting, sources());
    expect(systemd).toEqual({ version: 252, canNotify: false, runtimeDir: null });
  });

  it.each<[string, Partial<CommandResult> | undefined, string | null]>([
    ["an empty one for a user who has none", { code: 1, stderr: "no crontab for me" }, ""],
    ["none without the command", undefined, null],
  ])("have as crontab %s", async (_, answer, crontab) => {
    said = { "systemctl --version": said["systemctl --version"] ?? {}, ...(answer && { "crontab -l": answer }) };
    expect((await gatherFacts(usualWishes, lasting, sources())).crontab).toBe(crontab);
  });

  it("carry on what says where clawtunnel's files are, and nothing else of the environment", async () => {
    const env = {
      PATH: "/usr/bin",
      SSH_AUTH_SOCK: "/tmp/agent",
      XDG_STATE_HOME: "/s",
      XDG_CONFIG_HOME: "",
      CLAWTUNNEL_HOME: "/srv/x/../claw",
    };
    const facts = await gatherFacts(usualWishes, lasting, sources({ env }));
    expect(facts.env).toEqual({ CLAWTUNNEL_HOME: "/srv/claw", XDG_STATE_HOME: "/s" });
    expect(facts.instance).toMatch(/^[0-9a-f]{8}$/);
    expect(facts.paths.configFile).toBe("/srv/claw/config.json");
  });

  it.each([
    ["the whole machine's manager", system],
    ["cron", { ...usualWishes, usesCron: true }],
  ])("know no runtime folder under %s", async (_, wishes) => {
    const { paths } = await gatherFacts(wishes, lasting, sources());
    expect(paths.controlEndpoint).toBe("/home/me/.local/state/clawtunnel/run/control.sock");
  });
});

describe("a service of the whole machine", () => {
  const sudo = {
    env: { PATH: "/usr/bin", SUDO_USER: "me", XDG_CONFIG_HOME: "/root/.config" },
    user: { name: "root", uid: 0, home: "/root" },
  };

  it("runs as whoever became root by sudo, with that one's files", async () => {
    said["getent passwd me"] = { stdout: "me:x:1000:1000:Me,,,:/home/me:/bin/bash\n" };
    expect(await gatherFacts(system, lasting, sources(sudo))).toMatchObject({
      user: { name: "me", uid: 1000, home: "/home/me" },
      env: {},
      crontab: null,
      paths: { configFile: "/home/me/.config/clawtunnel/config.json" },
    });
  });

  it("runs on macOS as that one too", async () => {
    said["dscl . -read /Users/me UniqueID NFSHomeDirectory"] = { stdout: "NFSHomeDirectory:\n /Users/me too\nUniqueID: 501\n" };
    const { user } = await gatherFacts(system, lasting, sources({ ...sudo, platform: "darwin" }));
    expect(user).toMatchObject({ name: "me", uid: 501, home: "/Users/me too" });
  });

  it("is refused when that one's home cannot be found out", async () => {
    await expect(gatherFacts(system, lasting, sources(sudo))).rejects.toMatchObject({
      code: "service-unavailable",
      message: expect.stringContaining("getent passwd me"),
    });
  });

  it("runs as root for root itself, and a user's own service as the caller", async () => {
    expect((await gatherFacts(system, lasting, sources({ ...sudo, env: {} }))).user.name).toBe("root");
    expect((await gatherFacts(usualWishes, lasting, sources(sudo))).user.name).toBe("root");
  });
});

describe("on Windows", () => {
  it("the user is known by a SID, and the files are where Windows keeps them", async () => {
    said["whoami /user /fo csv /nh"] = { stdout: '"pc\\me","S-1-5-21-1-2-3-1001"\r\n' };
    const env = { APPDATA: "C:\\me\\Roaming", LOCALAPPDATA: "C:\\me\\Local" };
    const facts = await gatherFacts(
      usualWishes,
      lasting,
      sources({ platform: "win32", env, user: { name: "me", uid: -1, home: "C:\\me" } }),
    );
    expect(facts).toMatchObject({
      user: { sid: "S-1-5-21-1-2-3-1001" },
      systemd: null,
      crontab: null,
      paths: { configFile: "C:\\me\\Roaming\\clawtunnel\\config.json", stateDir: "C:\\me\\Local\\clawtunnel" },
    });
    expect(ran).toEqual(["whoami /user /fo csv /nh"]);
  });
});

describe("a program that will not stay", () => {
  const findProgram = async () => {
    throw new Failure("program-unstable", "it runs from npx's cache");
  };

  it("is refused for an install", async () => {
    await expect(gatherFacts(usualWishes, lasting, sources({ findProgram }))).rejects.toMatchObject({ code: "program-unstable" });
  });

  it("is good enough to look at what is installed", async () => {
    const { program: found } = await gatherFacts(usualWishes, { mustLast: false }, sources({ findProgram }));
    expect(found).toMatchObject({ node: process.execPath, warnings: ["it runs from npx's cache"] });
  });
});
