import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askAlive, askProxy, closeForward, muxHello, openForward, readMuxReply } from "../../../../src/ssh/openssh/mux-messages.js";
import { FrameReader, string, u32 } from "../../../../src/ssh/wire.js";

const hex = (bytes: Buffer) => bytes.toString("hex");
const text = (words: string) => Buffer.from(words).toString("hex");

describe("what is said at a control socket", () => {
  it("begins with version 4 of the protocol", () => {
    expect(hex(muxHello)).toBe("00000008" + "00000001" + "00000004");
  });

  it("asks for a unix socket that leads to an address, with a port that means a path", () => {
    const forward = { kind: "local", listen: { path: "/s" }, connect: { host: "h", port: 80 } } as const;
    const body = `00000007${"00000001"}${"00000002"}${text("/s")}fffffffe${"00000001"}${text("h")}00000050`;
    expect(hex(openForward(7, forward))).toBe(`0000001f10000006${body}`);
    expect(hex(closeForward(7, forward))).toBe(`0000001f10000007${body}`);
  });

  it("asks for a listener on the server that leads to a unix socket", () => {
    const message = openForward(1, { kind: "remote", listen: { host: "", port: 0 }, connect: { path: "/s" } });
    expect(hex(message).slice(24)).toBe(`00000002${"00000000"}00000000${"00000002"}${text("/s")}fffffffe`);
  });

  it("asks whether ssh runs, and for the connection protocol itself", () => {
    expect(hex(askAlive(2))).toBe("00000008" + "10000004" + "00000002");
    expect(hex(askProxy(3))).toBe("00000008" + "1000000f" + "00000003");
  });
});

describe("the reply at a control socket", () => {
  const reply = (type: number, ...body: Buffer[]) => readMuxReply(Buffer.concat([u32(type), ...body]));

  it.each([
    ["a greeting", reply(1, u32(4)), { kind: "hello", version: 4 }],
    ["done", reply(0x80000001, u32(9)), { kind: "ok", requestId: 9 }],
    ["the connection protocol follows", reply(0x8000000f, u32(9)), { kind: "ok", requestId: 9 }],
    [
      "a failure",
      reply(0x80000003, u32(9), string("Port forwarding failed")),
      { kind: "refused", requestId: 9, why: "Port forwarding failed" },
    ],
    ["not permitted", reply(0x80000002, u32(9), string("no")), { kind: "refused", requestId: 9, why: "no" }],
    ["the process", reply(0x80000005, u32(9), u32(4711)), { kind: "alive", requestId: 9, pid: 4711 }],
    ["the port that was chosen", reply(0x80000007, u32(9), u32(40000)), { kind: "remote-port", requestId: 9, port: 40000 }],
    ["of a kind that is not known", reply(0x80000099), { kind: "unknown", type: 0x80000099 }],
  ])("can be %s", (_, read, expected) => {
    expect(read).toEqual(expected);
  });

  it("that is cut short is no reply", () => {
    expect(() => readMuxReply(Buffer.from([0x80, 0, 0]))).toThrow();
    expect(() => reply(0x80000005, u32(9))).toThrow();
  });
});

describe("a stream of messages", () => {
  it("is the same messages, however it is cut", () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(12), { minLength: 1 }), (sent, cuts) => {
        const stream = Buffer.concat(sent.map((message) => string(Buffer.from(message))));
        const reader = new FrameReader();
        const read: Buffer[] = [];
        let at = 0;
        for (let turn = 0; at < stream.length; turn += 1) {
          const length = 1 + (cuts[turn % cuts.length] ?? 0);
          read.push(...reader.feed(stream.subarray(at, at + length)));
          at += length;
        }
        expect(read.map(hex)).toEqual(sent.map((message) => hex(Buffer.from(message))));
      }),
    );
  });

  it("with a message that nobody would send is no such stream", () => {
    expect(() => new FrameReader().feed(u32(1 << 20))).toThrow("a message of");
  });
});
