import { describe, expect, it } from "vitest";
import { readOtherPrompt, recognisePrompt } from "../../../../src/ssh/openssh/prompts.js";

const hostKeyQuestion = `The authenticity of host '[127.0.0.1]:2222 ([127.0.0.1]:2222)' can't be established.\r
ED25519 key fingerprint is SHA256:MOquj4WEeHZPob35qbGzrPpdhS+d/px5P6GwO6nO+8U.\r
This key is not known by any other names.\r
Are you sure you want to continue connecting (yes/no/[fingerprint])? `;

describe("a question of ssh itself", () => {
  it.each([
    ["Enter passphrase for key '/home/me/.ssh/id_ed25519': ", { kind: "passphrase", keyPath: "/home/me/.ssh/id_ed25519" }],
    ["Enter passphrase for /home/me/my key: ", { kind: "passphrase", keyPath: "/home/me/my key" }],
    ["me@box.example's password: ", { kind: "password", account: "me@box.example", text: "me@box.example's password:" }],
    [
      "Enter PIN for ED25519-SK key /home/me/.ssh/id_sk: ",
      { kind: "code", account: null, text: "Enter PIN for ED25519-SK key /home/me/.ssh/id_sk:" },
    ],
    ["Accept updated hostkeys? (yes/no): ", { kind: "yes-no" }],
  ])("%j is recognised at once", (text, prompt) => {
    expect(recognisePrompt(text)).toEqual(prompt);
  });

  it("about a host key is read with name, type and fingerprint", () => {
    const prompt = { kind: "host-key", hostPattern: "[127.0.0.1]:2222", keyType: "ssh-ed25519", takesFingerprint: true };
    expect(recognisePrompt(hostKeyQuestion)).toEqual({ ...prompt, fingerprint: "SHA256:MOquj4WEeHZPob35qbGzrPpdhS+d/px5P6GwO6nO+8U" });
  });

  it("about a host key of an old ssh, that takes only yes and no, is read as well", () => {
    const old = hostKeyQuestion.replace("/[fingerprint]", "").replace("ED25519 key", "RSA key");
    expect(recognisePrompt(old)).toMatchObject({ keyType: "ssh-rsa", takesFingerprint: false });
  });

  it.each(["Enter passphrase for key '/home/me/.ssh/id", "me@box's password:", "", "Enter "])(
    "is not what is still being written: %j",
    (text) => {
      expect(recognisePrompt(text)).toBeUndefined();
    },
  );
});

describe("a question in the server's words", () => {
  it.each([
    "(me@box) Enter passphrase for key '/home/me/.ssh/id_ed25519': ",
    "(me@box) hello\nEnter passphrase for key '/home/me/.ssh/id_ed25519': ",
    "(me@box) you@other's password: \nme@box's password: ",
    "(me@box) go on? (yes/no): ",
  ])("is never taken for one of ssh itself: %j", (text) => {
    expect(recognisePrompt(text)).toBeUndefined();
    expect(readOtherPrompt(text)).toMatchObject({ kind: "code", account: "me@box" });
  });

  it("for a password is one, and anything else is a code", () => {
    expect(readOtherPrompt("(me@box) Password: ")).toEqual({ kind: "password", account: "me@box", text: "(me@box) Password:" });
    expect(readOtherPrompt("Verification code: ")).toEqual({ kind: "code", account: null, text: "Verification code:" });
    expect(readOtherPrompt("(me@box) Password for me@box.example: ")).toMatchObject({ kind: "password" });
    expect(readOtherPrompt("(me@box) One-time password: ")).toMatchObject({ kind: "code" });
    expect(readOtherPrompt("(me@box) One-time code\r\nfor your Password: ")).toMatchObject({ kind: "code" });
  });

  it("is more than blank space", () => {
    expect(readOtherPrompt("\r\n ")).toBeUndefined();
  });
});
