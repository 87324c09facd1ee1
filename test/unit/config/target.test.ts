import { userInfo } from "node:os";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import { formatTarget, parseTarget, serverOf } from "../../../src/config/target.js";

const me = userInfo().username;

describe("a target", () => {
  it.each([
    ["db", { user: null, host: "db", port: null }],
    ["ubuntu@203.0.113.7", { user: "ubuntu", host: "203.0.113.7", port: null }],
    ["ubuntu@db.example.com:2222", { user: "ubuntu", host: "db.example.com", port: 2222 }],
    ["root@[2001:db8::1]:2222", { user: "root", host: "2001:db8::1", port: 2222 }],
    ["root@[2001:db8::1]", { user: "root", host: "2001:db8::1", port: null }],
    ["root@2001:db8::1", { user: "root", host: "2001:db8::1", port: null }],
    ["root@fe80::1%eth0", { user: "root", host: "fe80::1%eth0", port: null }],
    ["me@corp@bastion", { user: "me@corp", host: "bastion", port: null }],
    ["CORP\\me@host", { user: "CORP\\me", host: "host", port: null }],
    ["me%account$@host", { user: "me%account$", host: "host", port: null }],
    ["me@DB.Example.COM", { user: "me", host: "DB.Example.COM", port: null }],
  ])("%s is read as %o", (text, target) => {
    expect(parseTarget(text)).toEqual(target);
  });

  it.each([
    ["", "it is empty"],
    ["-oProxyCommand=evil", "it begins with a dash"],
    ["me@-oProxyCommand=evil", "the host begins with a dash"],
    ["-me@host", "it begins with a dash"],
    ["$(x)@host", "the user has a character that means something to a shell"],
    ["me`x`@host", "the user has a character that means something to a shell"],
    ["me;x@host", "the user has a character that means something to a shell"],
    ["me|x@host", "the user has a character that means something to a shell"],
    ["me\\@host", "the user ends with a backslash"],
    ["me@host name", "it holds white space or a control character"],
    ["me@host\n", "it holds white space or a control character"],
    ["me@ho\u0000st", "it holds white space or a control character"],
    ["@host", "the user before @ is empty"],
    ["me@", "the host is missing"],
    ["me@:22", "the host is missing"],
    ["me@[]:22", "the host is missing"],
    ["me@host;reboot", "the host has a character"],
    ["me@$(reboot)", "the host has a character"],
    ["me@[::1", "the host has a character"],
    ["me@[::1]x", "the host has a character"],
    ["me@host:", "the port is not a number"],
    ["me@host:ssh", "the port is not a number"],
    ["me@host:0", "the port means any port"],
    ["me@host:65536", "the port is above 65535"],
  ])("%j is refused: %s", (text, why) => {
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({ code: "target-invalid", message: expect.stringContaining(why) }));
  });

  it("that leaves the rest open means this user, port 22 and a host name in lower case, where ssh_config says nothing", () => {
    expect(serverOf(parseTarget("DB.Example.COM"))).toEqual({ user: me, host: "db.example.com", port: 22 });
    expect(serverOf(parseTarget("you@db:2222"))).toEqual({ user: "you", host: "db", port: 2222 });
  });

  it("cannot draw on the terminal with the text that it refuses", () => {
    expect(() => parseTarget("me@\u001b[2Jhost")).toThrow("\\u{1b}[2Jhost");
    expect(() => parseTarget("me@\u001b[2Jhost")).not.toThrow("\u001b");
  });

  it("reads back whatever it wrote", () => {
    const hosts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    const users = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,20}$/);
    fc.assert(
      fc.property(users, hosts, fc.integer({ min: 1, max: 65_535 }), (user, host, port) => {
        const target = parseTarget(formatTarget({ user, host, port }));
        expect(target).toEqual({ user, host, port });
        expect(parseTarget(formatTarget(target))).toEqual(target);
      }),
    );
  });

  it("never begins with a dash and never holds white space, whatever was typed", () => {
    const anything = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom("-", "@", ":", "[", "]", "a", "1", " ", ".", "\t") }));
    fc.assert(
      fc.property(anything, (text) => {
        try {
          const { user, host, port } = parseTarget(text);
          expect(`${user ?? me} ${host}`).toMatch(/^[^\s-]\S* [^\s-]\S*$/);
          expect(port ?? 22).toBeGreaterThan(0);
          expect(port ?? 22).toBeLessThan(65_536);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          expect(error.code).toBe("target-invalid");
        }
      }),
      { numRuns: 500 },
    );
  });
});
