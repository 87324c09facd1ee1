import { describe, expect, it } from "vitest";
import { detectKind } from "../../../src/interchange/kind.js";
import { servicePlaces, usualFiles } from "../../../src/interchange/places.js";
import { listConfiguredHosts, readConfiguredForwards } from "../../../src/interchange/ssh/ssh-config.js";

it.each([
  ["bplist00...", "launchd"],
  ['<?xml version="1.0"?>\n<plist/>', "launchd"],
  ["<plist><dict/></plist>", "launchd"],
  ['\uFEFF{"tunnels": []}', "tunlite"],
  ['# mine\n[[tunnels]]\nname = "a"\nhost = "b"\n', "boring"],
  ["[Unit]\nDescription=ssh tunnel\n", "systemd"],
  ["# x\n[Service]\nExecStart=/usr/bin/ssh -N a\n", "systemd"],
  ["defaults:\n  identity: a\ntubers:\n  - name: a\n    ssh: b\n", "portato"],
  ["tunnels:\n- ssh: b\n", "portato"],
  ["Host box\n  LocalForward 1 a:2\n", "ssh-config"],
  ["# comment\nhost=box\n", "ssh-config"],
  ["Match host a\n", "ssh-config"],
  ["#!/bin/sh\nexec ssh -N -D 1080 vps\n", "ssh"],
  ["/usr/bin/autossh -M 0 -N vps\n", "ssh"],
  ["hello world", undefined],
  ["", undefined],
])("sees what %j is", (text, kind) => {
  expect(detectKind(text)).toBe(kind);
});

describe("the usual places", () => {
  const facts = { platform: "linux" as const, home: "/home/me", env: {} };
  it.each([
    ["ssh-config", facts, ["/home/me/.ssh/config"]],
    [
      "boring",
      { ...facts, env: { BORING_CONFIG: "/b.toml" } },
      ["/b.toml", "/home/me/.config/boring/.boring.toml", "/home/me/.boring.toml"],
    ],
    ["tunlite", { ...facts, env: { XDG_CONFIG_HOME: "/x" } }, ["/x/tunlite/config.json"]],
    ["portato", facts, ["/home/me/.config/portato/config.yaml"]],
    ["portato", { ...facts, platform: "darwin" as const }, ["/home/me/Library/Application Support/portato/config.yaml"]],
    ["ssh", facts, []],
  ] as const)("of %s", (kind, where, files) => {
    expect(usualFiles(kind, where)).toEqual(files);
  });

  it("of a service begin with the user's own, and a template's instances stand in the template", () => {
    expect(servicePlaces("tunnel", facts)[0]).toBe("/home/me/.config/systemd/user/tunnel.service");
    expect(servicePlaces("autossh@my-box.service", facts)).toContain("/etc/systemd/system/autossh@.service");
    expect(servicePlaces("ai.openclaw.ssh-tunnel", { ...facts, platform: "darwin" })[0]).toBe(
      "/home/me/Library/LaunchAgents/ai.openclaw.ssh-tunnel.plist",
    );
    expect(servicePlaces("../../etc/passwd", facts)).toEqual([]);
  });
});

describe("hosts of ssh_config", () => {
  it("are those that a Host line names outright, also in the files that it includes", () => {
    const files: Record<string, string> = { "conf.d/*": "Host inner *.lan\nInclude conf.d/*\n", "~/x y": 'Host "last one"\n' };
    const text =
      'Host box "other"\n  HostName 10.0.0.1\nHOST=third\nHost * !not a?b\nMatch host gone\n  Include conf.d/* "~/x y"\nHost box # a comment\n';
    expect(listConfiguredHosts(text, (pattern) => [files[pattern] ?? ""])).toEqual([
      "box",
      "other",
      "third",
      "inner",
      "last one",
      "a",
      "comment",
    ]);
  });
});

describe("what ssh -G says", () => {
  const read = (lines: Record<string, string[]>) => readConfiguredForwards(new Map(Object.entries(lines)));

  it("has the forwards of each kind, and no SOCKS proxy of the server", () => {
    const { forwards, leftOut } = read({
      localforward: ["8080 [db]:80", "[*]:8082 [db]:82", "/tmp/a.sock /var/run/d.sock", "8083 /var/run/d.sock"],
      dynamicforward: ["1080", "[::1]:1081"],
      remoteforward: ["9000 [localhost]:3000", "9002 [socks]:0"],
    });
    expect(forwards).toEqual([
      { local: "127.0.0.1:8080", to: "db:80" },
      { local: "0.0.0.0:8082", to: "db:82" },
      { local: "/tmp/a.sock", to: "/var/run/d.sock" },
      { local: "127.0.0.1:8083", to: "/var/run/d.sock" },
      { remote: "localhost:9000", to: "localhost:3000" },
      { dynamic: "127.0.0.1:1080" },
      { dynamic: "[::1]:1081" },
    ]);
    expect(leftOut.map(({ what }) => what)).toEqual(["RemoteForward 9002 [socks]:0"]);
  });

  it("has none where all forwardings are cleared, and public ones with GatewayPorts", () => {
    expect(read({ clearallforwardings: ["yes"], localforward: ["1 [a]:2"] }).forwards).toEqual([]);
    expect(read({ gatewayports: ["yes"], localforward: ["1 [a]:2"] }).forwards).toEqual([{ local: "0.0.0.0:1", to: "a:2" }]);
  });
});
