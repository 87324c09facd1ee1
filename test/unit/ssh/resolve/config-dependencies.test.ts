import { describe, expect, it } from "vitest";
import { dependenciesOf } from "../../../../src/ssh/resolve/config-dependencies.js";

const of = (text: string) => dependenciesOf([{ path: "/home/me/.ssh/config", text }], "/home/me", ["/home/me/.ssh", "/etc/ssh"]);

describe("what a configuration depends on besides its files", () => {
  it.each([
    ["Host a\n  Port 1", []],
    ["Include /etc/x/*.conf", ["/etc/x"]],
    ["  include=~/conf.d/*", ["/home/me/conf.d"]],
    ['Include "/a b/*.conf" /c/d', ["/a b", "/c"]],
    ["Include conf.d/*", ["/home/me/.ssh/conf.d", "/etc/ssh/conf.d"]],
    ["# Include /etc/x/*", []],
  ])("in %j are the folders %j", (text, folders) => {
    expect(of(text)).toEqual({ folders, isVolatile: false });
  });

  it.each([
    'Match exec "test -f /x"',
    'Match host a !exec "x"',
    "match host a localnetwork 10.0.0.0/8",
    "Include $" + "{FOLDER}/*",
    "Include /etc/*/ssh.conf",
  ])("is more than can be watched in %s", (text) => {
    expect(of(text).isVolatile).toBe(true);
  });

  it.each(["Host exec", "# Match exec x", "Match user me"])("is no program in %s", (text) => {
    expect(of(text).isVolatile).toBe(false);
  });
});
