import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TunnelEntry, tunnelNamePattern } from "../../../src/config/schema.js";
import { parseTarget } from "../../../src/config/target.js";
import { writtenTarget } from "../../../src/config/targets-of.js";
import { chooseName } from "../../../src/daemon/tunnel-name.js";

const preset: TunnelEntry = { target: "me@vps", preset: "openclaw" };
const forwardTo = (target: string, local = "80"): TunnelEntry => ({ target, forwards: [{ local, to: "a:80" }] });
const taken = (entries: Record<string, TunnelEntry> = {}) => new Map(Object.entries(entries));
const choose = (entry: TunnelEntry, others = taken(), wanted?: string) =>
  chooseName(wanted, entry, parseTarget(writtenTarget(entry)), others);

describe("a tunnel's name", () => {
  it("is the preset's where there is one", () => {
    expect(choose(preset)).toBe("openclaw");
  });

  it.each([
    ["me@db.example.com:2222", "db.example.com"],
    ["me@DB", "db"],
    ["me@203.0.113.7", "203.0.113.7"],
    ["me@my_host", "my-host"],
    ["me@[2001:db8::1]", "2001-db8-1"],
    ["me@::1", "1"],
    ["me@::", "tunnel"],
  ])("is made from the host %s: %s", (target, name) => {
    expect(choose(forwardTo(target))).toBe(name);
  });

  it("has a number when another tunnel has it already", () => {
    const others = taken({ openclaw: { ...preset, target: "a@vps" }, "openclaw-2": { ...preset, target: "b@vps" } });
    expect(choose(preset, others)).toBe("openclaw-3");
  });

  it("stays the same for the same tunnel, also when it was named by hand", () => {
    expect(choose(preset, taken({ mine: { ...preset } }))).toBe("mine");
  });

  it("stays the same when an openclaw of this machine has been pointed at it since", () => {
    expect(choose(preset, taken({ openclaw: { ...preset, configureClient: "/home/me/.openclaw/openclaw.json" } }))).toBe("openclaw");
  });

  it("is the one that was asked for, also for the tunnel that has it already", () => {
    expect(choose(preset, taken(), "mine")).toBe("mine");
    expect(choose(preset, taken({ mine: { ...preset } }), "mine")).toBe("mine");
  });

  it("may be a second name for a tunnel, when that was asked for", () => {
    expect(choose(preset, taken({ mine: { ...preset } }), "other")).toBe("other");
  });

  it("is never taken from another tunnel", () => {
    const others = taken({ mine: { ...preset, target: "you@vps" } });
    expect(() => choose(preset, others, "mine")).toThrow(expect.objectContaining({ code: "name-taken" }));
  });

  it.each(["", "-rf", "../x", "a b", "x".repeat(64)])("cannot be %j", (wanted) => {
    expect(() => choose(preset, taken(), wanted)).toThrow(expect.objectContaining({ code: "name-invalid" }));
  });

  it("can be saved for two hosts of the longest name that DNS has, which begin alike", () => {
    const host = (last: string) => [..."abcd"].map((letter) => letter.repeat(60)).join(".") + last;
    const first = choose(forwardTo(`me@${host("1")}`));
    const second = choose(forwardTo(`me@${host("2")}`), taken({ [first]: forwardTo(`me@${host("1")}`) }));
    expect([first, second].filter((name) => !tunnelNamePattern.test(name))).toEqual([]);
    expect(second).not.toBe(first);
  });

  it.each(["constructor", "prototype"])("is not %s, which no config can hold, though a host may be called so", (host) => {
    expect(choose(forwardTo(`me@${host}`, "1"), new Map())).toBe(`${host}-2`);
  });

  it("can be saved and is nobody else's, whatever the host is called", () => {
    const label = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/).filter((text) => !text.startsWith("-"));
    const hosts = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.domain(),
      fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join(".")),
    );
    fc.assert(
      fc.property(hosts, fc.integer({ min: 1, max: 12 }), (host, count) => {
        const others = new Map<string, TunnelEntry>();
        for (let local = 1; local <= count; local += 1) {
          const entry = forwardTo(`me@${host}`, `${local}`);
          const name = choose(entry, others);
          expect(name).toMatch(tunnelNamePattern);
          expect(others.has(name)).toBe(false);
          others.set(name, entry);
        }
      }),
    );
  });
});
