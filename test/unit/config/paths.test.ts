import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkEndpoint, resolvePaths } from "../../../src/config/paths.js";

const linux = { platform: "linux", env: {}, home: "/home/me", user: "me" } as const;
const mac = { platform: "darwin", env: {}, home: "/Users/me", user: "me" } as const;
const windows = { platform: "win32", env: {}, home: "C:\\Users\\me", user: "me" } as const;

describe("on Linux", () => {
  it("follows the XDG folders", () => {
    const env = { XDG_CONFIG_HOME: "/x/config", XDG_STATE_HOME: "/x/state", XDG_RUNTIME_DIR: "/run/user/1000" };
    expect(resolvePaths({ ...linux, env })).toEqual({
      configFile: "/x/config/clawtunnel/config.json",
      stateDir: "/x/state/clawtunnel",
      stateFile: "/x/state/clawtunnel/state.json",
      portsFile: "/x/state/clawtunnel/ports.json",
      clientsFile: "/x/state/clawtunnel/clients.json",
      lockFile: "/x/state/clawtunnel/daemon.lock",
      logFile: "/x/state/clawtunnel/daemon.log",
      historyFile: "/x/state/clawtunnel/history.jsonl",
      lastExitFile: "/x/state/clawtunnel/last-exit.json",
      handoverFile: "/x/state/clawtunnel/handover.json",
      controlEndpoint: "/run/user/1000/clawtunnel/control.sock",
    });
  });

  it.each([
    ["are not set", {}],
    ["are set to nothing", { XDG_CONFIG_HOME: "", XDG_STATE_HOME: "", XDG_RUNTIME_DIR: "", CLAWTUNNEL_HOME: "" }],
  ])("stays in the home folder, never in a shared temporary one, when those %s", (_, env) => {
    expect(resolvePaths({ ...linux, env })).toMatchObject({
      configFile: "/home/me/.config/clawtunnel/config.json",
      stateDir: "/home/me/.local/state/clawtunnel",
      controlEndpoint: "/home/me/.local/state/clawtunnel/run/control.sock",
    });
  });
});

it("uses the Library folders on macOS", () => {
  expect(resolvePaths(mac)).toMatchObject({
    configFile: "/Users/me/Library/Application Support/clawtunnel/config.json",
    logFile: "/Users/me/Library/Logs/clawtunnel/daemon.log",
    controlEndpoint: "/Users/me/Library/Application Support/clawtunnel/run/control.sock",
  });
});

describe("on Windows", () => {
  it("uses the roaming folder for the config, the local one for the state, and a pipe of this user", () => {
    const env = { APPDATA: "R:\\roaming", LOCALAPPDATA: "L:\\local" };
    const paths = resolvePaths({ ...windows, env });
    expect(paths.configFile.startsWith("R:\\roaming")).toBe(true);
    expect(paths.logFile.startsWith("L:\\local")).toBe(true);
    expect(paths.controlEndpoint).toBe("\\\\.\\pipe\\clawtunnel-me");
  });

  it("gives two users two pipes", () => {
    expect(resolvePaths({ ...windows, user: "you" }).controlEndpoint).not.toBe(resolvePaths(windows).controlEndpoint);
  });

  it("gives two homes two pipes, though their paths end alike", () => {
    const tail = "\\a\\rather\\long\\folder\\that\\holds\\one\\profile\\of\\clawtunnel";
    const pipeOf = (home: string) => resolvePaths({ ...windows, env: { CLAWTUNNEL_HOME: home } }).controlEndpoint;
    expect(pipeOf(`C:\\111${tail}`)).not.toBe(pipeOf(`C:\\222${tail}`));
  });

  it("keeps a pipe's name within what Windows takes, however deep the home is", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 400 }), (home) => {
        const { controlEndpoint } = resolvePaths({ ...windows, env: { CLAWTUNNEL_HOME: home } });
        expect(controlEndpoint).toMatch(/^\\\\\.\\pipe\\[A-Za-z0-9_-]{1,200}$/);
      }),
    );
  });
});

describe("CLAWTUNNEL_HOME", () => {
  it.each([linux, mac])("puts everything under one folder on $platform, whatever else is set", (machine) => {
    const env = { CLAWTUNNEL_HOME: "/p", XDG_CONFIG_HOME: "/x", XDG_RUNTIME_DIR: "/run" };
    expect(Object.values(resolvePaths({ ...machine, env })).filter((path) => !path.startsWith("/p/"))).toEqual([]);
  });
});

describe("the control socket's path", () => {
  const ofLength = (bytes: number) => "/".padEnd(bytes, "x");

  it.each([
    ["linux", 107],
    ["darwin", 103],
  ] as const)("may have as many bytes as %s takes, and not one more", (platform, limit) => {
    expect(() => checkEndpoint(ofLength(limit), platform)).not.toThrow();
    expect(() => checkEndpoint(ofLength(limit + 1), platform)).toThrow(expect.objectContaining({ code: "socket-path-too-long" }));
  });

  it("is measured in bytes, not in letters", () => {
    expect(() => checkEndpoint(`/${"ä".repeat(54)}`, "linux")).toThrow("109 bytes");
  });

  it("is not measured where it is a pipe", () => {
    expect(() => checkEndpoint(ofLength(200), "win32")).not.toThrow();
  });
});
