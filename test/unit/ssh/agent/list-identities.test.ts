import { describe, expect, it } from "vitest";
import { listIdentities, readAnswer } from "../../../../src/ssh/agent/list-identities.js";
import { string } from "../../../../src/ssh/wire.js";

const blob = Buffer.concat([string("sk-ssh-ed25519@openssh.com"), string("a key")]);
const answer = (count: number, ...parts: Buffer[]) => Buffer.concat([Buffer.from([12, 0, 0, 0, count]), ...parts]);

describe("an agent's answer", () => {
  it("names keys of kinds that no library need know", () => {
    expect(readAnswer(answer(1, string(blob), string("me@home")))).toEqual([
      { keyType: "sk-ssh-ed25519@openssh.com", blob, comment: "me@home" },
    ]);
    expect(readAnswer(answer(0))).toEqual([]);
  });

  it.each([
    ["a refusal", Buffer.from([5])],
    ["nothing", Buffer.alloc(0)],
    ["too few keys", answer(2, string(blob), string(""))],
    ["a key that is cut off", answer(1, string(blob).subarray(0, 20))],
    ["a length beyond its end", answer(1, Buffer.from([255, 255, 255, 255]))],
  ])("is none when it is %s", (_, bytes) => {
    expect(readAnswer(bytes)).toBeUndefined();
  });
});

it("asks nobody once nobody wants to know", async () => {
  expect(await listIdentities("/no/such/agent", AbortSignal.abort())).toBeUndefined();
});
