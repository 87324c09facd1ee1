import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Handshake, readHandshake } from "../../../../src/forward/socks/handshake.js";

const port443 = [0x01, 0xbb];
const greeting = [5, 1, 0];
const text = (word: string) => [...Buffer.from(word)];
const named = (host: string) => [5, 1, 0, 3, host.length, ...text(host), ...port443];
const read = (...parts: number[][]) => readHandshake(Buffer.from(parts.flat()));
const ipv6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/** The reply's code, of whichever version. */
function codeOf({ said }: Handshake): number | undefined {
  return said[0] === 5 && said.length > 2 ? said[3] : said[1];
}

describe("a SOCKS 5 client", () => {
  it("is told that it needs no password, and then heard", () => {
    expect(read(greeting)).toEqual({ state: "unfinished", said: Buffer.from([5, 0]) });
    expect(read([5, 3, 2, 1, 0])).toEqual({ state: "unfinished", said: Buffer.from([5, 0]) });
  });

  it.each([
    ["a name, which this machine does not resolve", named("db.internal"), "db.internal"],
    ["an IPv4 address", [5, 1, 0, 1, 10, 0, 0, 7, ...port443], "10.0.0.7"],
    ["an IPv6 address", [5, 1, 0, 4, ...ipv6, ...port443], "2001:db8::1"],
  ])("names its destination by %s", (_, request, host) => {
    expect(read(greeting, request)).toMatchObject({ state: "request", version: 5, to: { host, port: 443 } });
  });

  it("may send what is for the destination before it was answered", () => {
    expect(read(greeting, named("db"), text("GET /"))).toMatchObject({ state: "request", rest: Buffer.from("GET /") });
  });

  it("is refused when it wants nothing but a password", () => {
    expect(read([5, 1, 2])).toMatchObject({ state: "refused", said: Buffer.from([5, 0xff]) });
  });

  it.each([
    ["to listen (BIND)", [5, 2, 0, 1, 0, 0, 0, 0, 0, 0], 7],
    ["UDP", [5, 3, 0, 1, 0, 0, 0, 0, 0, 0], 7],
    ["an address of a kind that nobody knows", [5, 1, 0, 9], 8],
    ["a host without a name", [5, 1, 0, 3, 0, ...port443], 4],
    ["a host with a line break in its name", named("a\nb"), 4],
    ["another version than it began with", [4, 1, 0, 1], 1],
  ])("is refused %s, with the code for it", (_, request, code) => {
    const { said, state } = read(greeting, request);
    expect([state, said.subarray(0, 4)]).toEqual(["refused", Buffer.from([5, 0, 5, code])]);
  });
});

describe("a SOCKS 4 client", () => {
  const asks = (command: number, ip: number[], ...fields: string[]) => {
    return [4, command, ...port443, ...ip, ...fields.flatMap((field) => [...text(field), 0])];
  };

  it("names an address, and itself, which nobody needs to know", () => {
    expect(read(asks(1, [10, 0, 0, 7], "me"))).toMatchObject({ state: "request", version: 4, to: { host: "10.0.0.7", port: 443 } });
  });

  it("names a host in the way of 4a", () => {
    const whole = asks(1, [0, 0, 0, 1], "", "db.internal");
    expect(read(whole, text("hi"))).toMatchObject({ state: "request", to: { host: "db.internal", port: 443 }, rest: Buffer.from("hi") });
  });

  it("means 0.0.0.0 itself by that address", () => {
    expect(read(asks(1, [0, 0, 0, 0], ""))).toMatchObject({ state: "request", to: { host: "0.0.0.0" } });
  });

  it.each([
    ["asks to listen", asks(2, [10, 0, 0, 7], "me")],
    ["has a name without end", asks(1, [10, 0, 0, 7], "m".repeat(300))],
    ["names a host without end", asks(1, [0, 0, 0, 1], "", "h".repeat(300))],
    ["names a host that is none", asks(1, [0, 0, 0, 1], "", "a b")],
  ])("is refused when it %s", (_, bytes) => {
    const refused = read(bytes);
    expect([refused.state, refused.said[0], codeOf(refused)]).toEqual(["refused", 0, 0x5b]);
  });
});

describe("what is no SOCKS client", () => {
  it.each(["GET / HTTP/1.1\r\n\r\n", "CONNECT db:443 HTTP/1.1\r\n\r\n", "SSH-2.0-x", "\0"])("is refused without a word: %j", (words) => {
    expect(read(text(words))).toMatchObject({ state: "refused", said: Buffer.alloc(0) });
  });
});

describe("however a client's bytes come in pieces", () => {
  const host = fc.oneof(
    fc.domain().map((name) => [3, Math.min(name.length, 255), ...text(name.slice(0, 255))]),
    fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => [1, ...bytes]),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => [4, ...bytes]),
  );
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((all) => [...all]);
  const word = fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 260 });
  const socks5 = fc
    .tuple(bytes(5), fc.constantFrom(1, 1, 1, 2, 3), host, bytes(2), bytes(40))
    .map(([methods, command, where, port, rest]) => [5, methods.length + 1, ...methods, 0, 5, command, 0, ...where, ...port, ...rest]);
  const socks4 = fc
    .tuple(fc.constantFrom(1, 1, 2), bytes(6), word, word, bytes(40))
    .map(([command, address, user, name, rest]) => [4, command, ...address, ...user, 0, ...name, 0, ...rest]);
  const anything = fc.oneof(socks5, socks4, bytes(600)).map((all) => Buffer.from(all));

  it("they mean the same, and nothing that was said has to be taken back", () => {
    fc.assert(
      fc.property(anything, fc.array(fc.nat(), { maxLength: 8 }), (whole, cuts) => {
        const ends = [...cuts.map((cut) => cut % (whole.length + 1)), whole.length].sort((a, b) => a - b);
        let before: Handshake = { state: "unfinished", said: Buffer.alloc(0) };
        for (const end of ends) {
          const now = readHandshake(whole.subarray(0, end));
          expect(now.said.subarray(0, before.said.length)).toEqual(before.said);
          if (before.state === "refused") expect(now).toEqual(before);
          // Only what is for the destination may have grown.
          if (before.state === "request")
            expect(now).toMatchObject({ ...before, rest: whole.subarray(end - (now.state === "request" ? now.rest.length : 0), end) });
          before = now;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("it is decided before a kilobyte", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1_024, maxLength: 1_024 }), fc.constantFrom(4, 5), (all, version) => {
        expect(readHandshake(Buffer.from([version, ...all])).state).not.toBe("unfinished");
      }),
      { numRuns: 500 },
    );
  });
});
