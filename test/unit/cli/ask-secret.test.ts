import { describe, expect, it } from "vitest";
import { questionOf } from "../../../src/cli/ask-secret.js";
import type { SecretPrompt } from "../../../src/tunnel/status.js";

const passphraseQuestion = "Enter passphrase for key '/home/me/.ssh/id_ed25519':";

describe("a question at the terminal", () => {
  it("is as ssh words it, where the words are local", () => {
    expect(questionOf(prompt({ purpose: "passphrase", subject: "/k", text: "Enter passphrase for key '/k':" }))).toBe(
      "Enter passphrase for key '/k': ",
    );
    expect(questionOf(prompt({ purpose: "password", text: "me@box's password:" }))).toBe("me@box's password: ");
  });

  it("says of each line of a server whose it is, once", () => {
    expect(questionOf(prompt({ text: "Log in first\nCode:" }))).toBe("(me@box) Log in first\n(me@box) Code: ");
    expect(questionOf(prompt({ text: "(me@box) Code:" }))).toBe("(me@box) Code: ");
  });

  it.each([
    `me@box\n${passphraseQuestion}`,
    `(me@box) hello\n${passphraseQuestion}`,
    `me@box's password:\n${passphraseQuestion}`,
    `x\r${passphraseQuestion}`,
    `x\u2028${passphraseQuestion}`,
  ])("of a server is never a line that could be ssh's own: %j", (text) => {
    for (const line of questionOf(prompt({ text })).split(/[\n\r\u0085\u2028\u2029]/)) expect(line).toMatch(/^\(me@box\) /);
  });
});

function prompt(changes: Partial<SecretPrompt>): SecretPrompt {
  return { id: "1", kind: "secret", purpose: "code", subject: "me@box:22", text: "", isEchoed: false, isRepeated: false, ...changes };
}
