import { describe, expect, it } from "vitest";
import { questionsOf } from "../../../../../src/ssh/ssh2/auth/keyboard.js";

const ask = (...prompts: { prompt: string; echo?: boolean }[]) => questionsOf({ name: "", instructions: "", prompts }, "me@box:22");

describe("a prompt of keyboard-interactive", () => {
  it.each(["Password: ", "(me@box) Password:", "LDAP password"])(
    "that is alone, hidden and says %j asks for the account's password",
    (prompt) => {
      expect(ask({ prompt, echo: false })).toMatchObject([{ kind: "password", subject: "me@box:22", isEchoed: false }]);
    },
  );

  it.each([
    ["asks for something else", [{ prompt: "Verification code: ", echo: false }]],
    ["is shown while it is typed", [{ prompt: "Password: ", echo: true }]],
    [
      "stands beside another",
      [
        { prompt: "Password: ", echo: false },
        { prompt: "Code: ", echo: false },
      ],
    ],
  ])("that %s is a code, which nobody remembers", (_why, prompts) => {
    for (const question of ask(...prompts)) expect(question.kind).toBe("code");
  });

  it.each([
    "One-time password: ",
    "Enter OTP password:",
    "New password: ",
    "Retype new password: ",
    "Enter passphrase for your password store: ",
  ])("is not answered with the account's password when it wants another one: %j", (prompt) => {
    expect(ask({ prompt, echo: false })).toMatchObject([{ kind: "code" }]);
  });

  it("is told with the server's name for it and its instructions", () => {
    const round = { name: "Duo", instructions: "1. push\n2. phone\n", prompts: [{ prompt: "Choose: ", echo: true }] };
    expect(questionsOf(round, "me@box:22")).toMatchObject([{ text: "Duo\n1. push\n2. phone\nChoose:" }]);
  });

  it("may be missing from a round that only tells something", () => {
    expect(ask()).toEqual([]);
  });
});
