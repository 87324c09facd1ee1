import { describe, expect, it } from "vitest";
import { foreign, printable } from "../../../src/base/text.js";

describe("what somebody else worded", () => {
  it("draws nothing, turns nothing round and breaks no line that we do not see", () => {
    expect(printable("\u001b[2J\u202egnp.exe\u2028x\r\ny")).toBe("\\u{1b}[2J\\u{202e}gnp.exe\\u{2028}x\\u{d}\ny");
  });

  it("is one line of our sentence, and not without end", () => {
    expect(foreign("bye\r\n\r\nEnter passphrase for key '/k': ")).toBe("bye Enter passphrase for key '/k':");
    expect(foreign("x".repeat(1_000_000))).toBe(`${"x".repeat(500)}…`);
  });
});
