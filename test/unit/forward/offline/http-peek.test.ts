import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endsHead, mayBeHttp, peekRequest } from "../../../../src/forward/offline/http-peek.js";

const peek = (text: string) => peekRequest(Buffer.from(text, "latin1"));

describe("a peeked request", () => {
  it("tells the method, what is accepted, and that it was meant for this machine", () => {
    expect(peek("GET /path?q=1 HTTP/1.1\r\nHost: localhost:18789\r\nAccept: text/html,*/*;q=0.8\r\n\r\n")).toEqual({
      method: "GET",
      accept: "text/html,*/*;q=0.8",
      isForThisMachine: true,
    });
  });

  it.each([
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.1\n\n",
    "OPTIONS * HTTP/1.1\r\n\r\n",
    "M-SEARCH * HTTP/1.1\r\n\r\n",
    "CONNECT example.com:443 HTTP/1.1\r\n\r\n",
    "GET http://localhost/absolute HTTP/1.1\r\n\r\n",
    "GET /caf\xc3\xa9 HTTP/1.1\r\n\r\n",
  ])("is found in %j", (text) => {
    expect(peek(text)).toMatchObject({ accept: "" });
  });

  it.each([
    ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["HTTP/0.9", "GET /\r\n"],
    ["an SSH banner", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["RTSP", "OPTIONS rtsp://localhost/ RTSP/1.0\r\n\r\n"],
    ["SIP", "INVITE sip:ada@localhost SIP/2.0\r\n\r\n"],
    ["Redis", "PING\r\n"],
    ["SMTP", "EHLO localhost\r\n"],
    ["an HTTP response", "HTTP/1.1 200 OK\r\n\r\n"],
    ["a method in small letters", "get / HTTP/1.1\r\n\r\n"],
    ["a request line without its end", "GET / HTTP/1.1"],
    ["two spaces", "GET  / HTTP/1.1\r\n\r\n"],
    ["a request that is not first", "\0GET / HTTP/1.1\r\n\r\n"],
    ["nothing", ""],
  ])("is not %s", (_, text) => {
    expect(peek(text)).toBeUndefined();
  });

  it.each([
    ["127.0.0.1:18789", true],
    ["[::1]:18789", true],
    ["LOCALHOST", true],
    ["rebound.example:18789", false],
    ["localhost.rebound.example", false],
    ["192.168.1.5:18789", false],
    ["", false],
  ])("with the Host %j is meant for this machine: %s", (host, isForThisMachine) => {
    expect(peek(`GET / HTTP/1.1\r\nhost:${host}\r\n\r\n`)).toMatchObject({ isForThisMachine });
  });

  it("is not for this machine when only one of two Hosts is", () => {
    expect(peek("GET / HTTP/1.1\r\nHost: localhost\r\nHost: rebound.example\r\n\r\n")).toMatchObject({ isForThisMachine: false });
  });

  it("has no header from a line that was cut off, nor from the body", () => {
    expect(peek("GET / HTTP/1.1\r\nHost: rebound.example\r\nAccept: text/ht")).toMatchObject({ accept: "", isForThisMachine: false });
    expect(peek("POST / HTTP/1.1\r\n\r\nAccept: text/html\r\n\r\n")).toMatchObject({ accept: "" });
  });

  it("has every Accept that was sent", () => {
    expect(peek("GET / HTTP/1.1\r\nAccept: text/html\r\nX: y\r\naccept:image/png \r\n\r\n")).toMatchObject({
      accept: "text/html, image/png",
    });
  });
});

describe("the first bytes", () => {
  it("may be a request at every cut through one", () => {
    const method = fc.stringMatching(/^[A-Z][A-Z-]{0,16}$/);
    const target = fc.stringMatching(/^\/[\x21-\x7e]{0,40}$/);
    fc.assert(
      fc.property(method, target, (name, path) => {
        const request = Buffer.from(`${name} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`, "latin1");
        for (let length = 1; length <= request.length; length += 1) expect(mayBeHttp(request.subarray(0, length))).toBe(true);
        expect(peekRequest(request)).toMatchObject({ method: name });
      }),
    );
  });

  it("of a TLS hello are never a request, whatever follows", () => {
    const record = fc.tuple(fc.constantFrom(0x14, 0x15, 0x16, 0x17), fc.integer({ min: 0, max: 4 }), fc.uint8Array({ maxLength: 600 }));
    fc.assert(
      fc.property(record, ([type, minor, rest]) => {
        const hello = Buffer.from([type, 3, minor, ...rest]);
        expect([mayBeHttp(hello), peekRequest(hello)]).toEqual([false, undefined]);
      }),
    );
  });

  it("of random bytes are never a request", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 9_000 }), (bytes) => {
        expect(peekRequest(Buffer.from(bytes))).toBeUndefined();
      }),
    );
  });

  it("are never a request without HTTP/1 in them, however much they look like text", () => {
    const word = fc.constantFrom("GET", " ", "/", "HTTP", "HTTP/2.0", "HTTP/1.", "\r\n", "\n", "host: localhost", "\0", "POST ");
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const text = words.join("");
        if (!/HTTP\/1\.[01]/.test(text)) expect(peek(text)).toBeUndefined();
      }),
    );
  });

  it("are quickly seen through, also when they are made to be slow", () => {
    const spaces = " ".repeat(4_000);
    const texts = [`GET / HTTP/1.1\r\naccept:${spaces}\r\r\n\r\n`, `GET ${"a".repeat(8_000)}`, `${"A".repeat(8_000)} `];
    expect(texts.map(peek)).toEqual([{ method: "GET", accept: "", isForThisMachine: true }, undefined, undefined]);
  });

  it("have an end of their head only after an empty line", () => {
    expect(["a\r\n\r\n", "a\n\n", "\n\r\nbody"].map((text) => endsHead(Buffer.from(text)))).toEqual([true, true, true]);
    expect(["a\r\n", "a\r\n\r", "a\nb\n", ""].map((text) => endsHead(Buffer.from(text)))).toEqual([false, false, false, false]);
  });
});
