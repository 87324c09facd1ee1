import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bindsCollide } from "../../../src/config/binds.js";
import { parseJson } from "../../../src/config/json.js";
import { checkConfig, parseConfig, parseEntry } from "../../../src/config/parse.js";

describe("the text of a config", () => {
  it("may begin with a byte order mark, as Windows editors write it", () => {
    expect(parseJson('\uFEFF{"a":1}', "/c.json")).toEqual({ a: 1 });
  });

  it("is refused with its path, line and column when a comma is missing", () => {
    const text = '{\n  "defaults": {}\n  "tunnels": {}\n}';
    expect(() => parseJson(text, "/c.json")).toThrow(
      expect.objectContaining({
        code: "config-not-json",
        message: expect.stringMatching(/^\/c\.json is not JSON: .*\(line 3, column 3\)$/),
      }),
    );
  });

  it("is refused also when it is empty", () => {
    expect(() => parseJson("", "/c.json")).toThrow(expect.objectContaining({ code: "config-not-json" }));
  });
});

describe("the binds of all tunnels", () => {
  const tunnel = (...locals: string[]) => ({
    target: "me@host",
    forwards: locals.map((local) => ({ local, to: "db:1", allowLan: true })),
  });
  const problemsOf = (tunnels: object) => checkConfig({ tunnels }).problems;

  it.each([
    ["the same address", "127.0.0.1:80", "127.0.0.1:80"],
    ["two loopback addresses, since a loopback forward takes both families", "127.0.0.1:80", "[::1]:80"],
    ["a name and its address", "localhost:80", "80"],
    ["the same public address", "0.0.0.0:80", "0.0.0.0:80"],
  ])("cannot share %s", (_, first, second) => {
    const problems = problemsOf({ a: tunnel("5000", first), b: tunnel("5001", "5002", second) });
    expect(problems.map(({ path }) => path)).toEqual(["tunnels.b.forwards[2].local"]);
    expect(problems[0]?.message).toContain('already used by the tunnel "a"');
  });

  it("cannot share a port within one tunnel", () => {
    expect(problemsOf({ a: tunnel("80", "80") }).map(({ path }) => path)).toEqual(["tunnels.a.forwards[1].local"]);
  });

  it("may share a port number on different addresses", () => {
    expect(problemsOf({ a: tunnel("80"), b: tunnel("192.168.0.1:80") })).toEqual([]);
    expect(bindsCollide({ host: "127.0.0.1", port: 80 }, { host: "127.0.0.1", port: 81 })).toBe(false);
  });

  it.each([
    ["127.0.0.1", "::1"],
    ["0.0.0.0", "127.0.0.1"],
    ["192.168.0.1", "::"],
  ])("cannot share a port between %s and %s", (one, other) => {
    expect(bindsCollide({ host: one, port: 80 }, { host: other, port: 80 })).toBe(true);
    expect(bindsCollide({ host: other, port: 80 }, { host: one, port: 80 })).toBe(true);
  });
});

describe("a config that can be run", () => {
  const text = JSON.stringify({
    $schema: "./config.schema.json",
    defaults: { connectTimeoutMs: 4_000 },
    tunnels: { openclaw: { target: "ubuntu@vps", preset: "openclaw" }, db: { target: "db", forwards: [{ local: "5432", to: "db:5432" }] } },
  });

  it("has each tunnel resolved, and the file as it was written, without a default in it", () => {
    const { file, tunnels } = parseConfig(text, "/c.json");
    expect(file).toEqual(JSON.parse(text));
    expect([...tunnels.keys()]).toEqual(["openclaw", "db"]);
    expect(tunnels.get("db")?.login.connectTimeoutMs).toBe(4_000);
  });

  it("gives the file back as it was, for any tunnels that are right", () => {
    const names = fc.stringMatching(/^[a-z][a-z0-9._-]{0,12}$/);
    const entries = fc.record(
      {
        target: fc.constantFrom("me@host", "host:2222"),
        preset: fc.constant("openclaw" as const),
        keepaliveIntervalMs: fc.integer({ min: 100, max: 1_000_000 }),
        backoff: fc.record({ firstDelayMs: fc.integer({ min: 1, max: 9_000 }) }, { requiredKeys: [] }),
        identities: fc.array(fc.constantFrom("~/.ssh/id", "/k")),
        onPortBusy: fc.constantFrom("hold", "next", "replace"),
        health: fc.constantFrom({ tcp: true }, { http: "/x", status: 204 }, { openclaw: true, everyMs: 900 }),
      },
      { requiredKeys: ["target"] },
    );
    const dictionary = fc.dictionary(names, entries, { maxKeys: 4, noNullPrototype: true });
    fc.assert(
      fc.property(dictionary, (tunnels) => {
        // A port of its own for each, as two tunnels cannot listen on one.
        const withForwards = Object.entries(tunnels).map(([name, entry], index) => [
          name,
          { ...entry, forwards: [{ local: `${2_000 + index}`, to: "a:1" }] },
        ]);
        const value = { tunnels: Object.fromEntries(withForwards) };
        const checked = checkConfig(value);
        expect(checked.problems).toEqual([]);
        expect("config" in checked && checked.config.file).toEqual(value);
      }),
    );
  });
});

describe("a config that cannot be run", () => {
  it("is refused with its path and every problem on a line of its own", () => {
    const text = JSON.stringify({ tunnels: { a: { target: "", preset: "openclaw" }, b: { target: "host:0", preset: "openclaw" } } });
    expect(() => parseConfig(text, "/c.json")).toThrow(
      expect.objectContaining({
        code: "config-invalid",
        message: expect.stringMatching(/^\/c\.json has problems:\n {2}tunnels\.a\.target: .*\n {2}tunnels\.b\.target: .*$/),
      }),
    );
  });

  it("is told without a throw, whatever stands in the file", () => {
    const almost = fc.record(
      { $schema: fc.jsonValue(), defaults: fc.jsonValue(), tunnels: fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue())) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), almost), (value) => {
        const checked = checkConfig(value);
        expect("config" in checked).toBe(checked.problems.length === 0);
        for (const { path, message } of checked.problems) {
          expect(path).not.toBe("");
          expect(message).not.toBe("");
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("one tunnel from outside", () => {
  it("is taken as it was given", () => {
    const entry = { target: "me@host", forwards: [{ local: "80", to: "db:80" }] };
    expect(parseEntry(entry)).toEqual(entry);
  });

  it("is refused with every problem in one sentence", () => {
    expect(() => parseEntry({ target: 5, keepaliveCountMax: 0 })).toThrow(
      expect.objectContaining({ code: "request-invalid", message: expect.stringMatching(/target: .*; keepaliveCountMax: /) }),
    );
  });
});
