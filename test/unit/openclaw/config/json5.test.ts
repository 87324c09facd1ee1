import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import { isObject } from "../../../../src/base/is-object.js";
import { parseJson5, setInJson5 } from "../../../../src/openclaw/config/json5.js";
import { json5Text } from "../../fixtures/json5-text.js";

const bind = ["gateway", "bind"];

describe("parseJson5", () => {
  it.each([
    ["{}", {}],
    ["\ufeff// first\r\n{gateway: {port: 0x4965, 'bind': \"lan\",},}/* last */", { gateway: { port: 18_789, bind: "lan" } }],
    ["{a: [1, .5, +2, 5.,], b: 'it\\'s \\\n one line', c: \"\\u0061\\x62\"}", { a: [1, 0.5, 2, 5], b: "it's  one line", c: "ab" }],
    ['{"a": 1, "a": 2}', { a: 2 }],
  ])("reads %j", (text, value) => {
    expect(parseJson5(text)).toEqual(value);
  });

  it.each([
    ["", "(1:1)"],
    ["{gateway: {bind: lan}}", "(1:18)"],
    ["{\n  a: 1\n  b: 2\n}", "(3:3)"],
    ["{} {}", "(1:4)"],
  ])("refuses %j, and says where", (text, place) => {
    expect(() => parseJson5(text)).toThrow(
      expect.objectContaining({ code: "gateway-config-invalid", message: expect.stringContaining(place) }),
    );
  });

  it.each([250, 2_000, 500_000])("refuses a value that is %i deep, before anybody walks through it", (depth) => {
    expect(() => parseJson5(`${"{a:".repeat(depth)}1${"}".repeat(depth)}`)).toThrow(Failure);
    expect(() => parseJson5(`${"[".repeat(depth)}${"]".repeat(depth)}`)).toThrow(Failure);
  });
});

describe("setInJson5", () => {
  it.each([
    [
      "a value in its place",
      "{ // why\n  gateway: { bind : 'lan' /* for now */, },\n}\n",
      '{ // why\n  gateway: { bind : "loopback" /* for now */, },\n}\n',
    ],
    ["the last of two", "{gateway:{bind:1,bind:2}}", '{gateway:{bind:1,bind:"loopback"}}'],
    ["a member on one line", '{"gateway": {"port": 1}}', '{"gateway": {"port": 1, "bind": "loopback"}}'],
    ["a member behind a trailing comma", "{gateway: {port: 1,}}", '{gateway: {port: 1, bind: "loopback",}}'],
    [
      "a member on a line of its own",
      '{\n\t"gateway": {\n\t\t"port": 1 // usual\n\t}\n}\n',
      '{\n\t"gateway": {\n\t\t"port": 1, // usual\n\t\t"bind": "loopback"\n\t}\n}\n',
    ],
    [
      "a member behind a trailing comma, with what is said of the one before",
      "{\r\n  gateway: {\r\n    port: 1, /* a\r\n b */ // c\r\n    // d\r\n  },\r\n}",
      '{\r\n  gateway: {\r\n    port: 1, /* a\r\n b */ // c\r\n    bind: "loopback",\r\n    // d\r\n  },\r\n}',
    ],
    ["an object that is missing, on one line", "{a: 1}", '{a: 1, gateway: { bind: "loopback" }}'],
    ["an object that is missing", "{\n    a: 1\n}", '{\n    a: 1,\n    gateway: {\n        bind: "loopback"\n    }\n}'],
    ["something in an empty text", "{}", '{ "gateway": { "bind": "loopback" } }'],
    ["something in an empty text of lines", "{}\n", '{\n  "gateway": {\n    "bind": "loopback"\n  }\n}\n'],
    ["something in an empty object", '{\n  "gateway": {},\n}', '{\n  "gateway": {\n    "bind": "loopback"\n  },\n}'],
    [
      "something in an empty object of lines",
      "{\n  gateway: {\n    // none\n  }\n}",
      '{\n  gateway: {\n    // none\n    "bind": "loopback"\n  }\n}',
    ],
    ["something behind a mark of the byte order", "\ufeff{a: 1}", '\ufeff{a: 1, gateway: { bind: "loopback" }}'],
  ])("sets %s", (_, before, after) => {
    expect(setInJson5(before, bind, "loopback")).toBe(after);
  });

  it("quotes a name that cannot stand without", () => {
    expect(setInJson5("{a: 1}", ["b-c"], 2)).toBe('{a: 1, "b-c": 2}');
  });

  it.each([["[]"], ["{gateway: 'lan'}"], ["{gateway: null}"], ["{gateway: [{bind: 1}]}"]])("goes through no object in %j", (text) => {
    expect(() => setInJson5(text, bind, "loopback")).toThrow(Failure);
  });

  const name = fc.constantFrom("a", "b", "gateway", "bind", "x-y");
  const path = fc.array(name, { minLength: 1, maxLength: 4 });
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
  );

  it("makes of any text what setting the value in its object makes", () => {
    fc.assert(
      fc.property(json5Text(name), path, value, (text, at, to) => {
        const wanted = setIn(parseJson5(text), at, to);
        fc.pre(wanted !== undefined);
        expect(parseJson5(setInJson5(text, at, to))).toEqual(wanted);
      }),
    );
  });

  it("takes nothing away from any text but the value that was there", () => {
    fc.assert(
      fc.property(json5Text(name), path, (text, at) => {
        fc.pre(setIn(parseJson5(text), at, 1) !== undefined);
        const first = setInJson5(text, at, "first");
        const isThere = lookUp(parseJson5(text), at) !== undefined;
        if (!isThere) expect(isWithin(text, first)).toBe(true);
        const start = first.indexOf('"first"');
        expect(setInJson5(first, at, 2)).toBe(`${first.slice(0, start)}2${first.slice(start + '"first"'.length)}`);
      }),
    );
  });
});

/** Undefined where the path leads through something that is no object. */
function setIn(value: unknown, [name, ...rest]: readonly string[], to: unknown): unknown {
  if (name === undefined) return to;
  if (!isObject(value)) return undefined;
  const inner = setIn(Object.hasOwn(value, name) || rest.length === 0 ? value[name] : {}, rest, to);
  return inner === undefined ? undefined : { ...value, [name]: inner };
}

function lookUp(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  return isObject(value) ? lookUp(value[name], rest) : undefined;
}

/** Whether every character of `part` is in `whole`, in this order. */
function isWithin(part: string, whole: string): boolean {
  let at = 0;
  for (const character of whole) if (part.startsWith(character, at)) at += character.length;
  return at === part.length;
}
