import { describe, expect, it } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import type { FailureCode } from "../../../../src/base/failure-catalogue.js";
import { decideHostKey } from "../../../../src/ssh/host-keys/host-key-policy.js";
import { acceptanceOf, type UnknownHostKey } from "../../../../src/ssh/session.js";

const unknownKey: UnknownHostKey = {
  hostPattern: "box",
  keyType: "ssh-ed25519",
  keyBase64: "AAAA",
  fingerprint: "SHA256:x",
  knownHostsFile: "/home/me/.ssh/known_hosts",
  isHashed: false,
};
const refusal = (code: FailureCode) => ({ failure: new Failure(code, "no"), ...(code === "host-key-unknown" ? { unknownKey } : {}) });
const none = new Set<string>();

describe("an unknown host key", () => {
  it.each([
    ["yes", "refuse"],
    ["ask", "refuse"],
    ["accept-new", "write"],
    ["no", "write"],
  ] as const)("with StrictHostKeyChecking %s: %s", (policy, kind) => {
    expect(decideHostKey(policy, refusal("host-key-unknown"), none).kind).toBe(kind);
  });

  it("that a person has accepted is written with ask, and is refused with yes all the same", () => {
    const accepted = new Set([acceptanceOf(unknownKey)]);
    expect(decideHostKey("ask", refusal("host-key-unknown"), accepted)).toEqual({ kind: "write", key: unknownKey });
    expect(decideHostKey("yes", refusal("host-key-unknown"), accepted).kind).toBe("refuse");
  });

  it("may be accepted by a person only with ask", () => {
    expect(decideHostKey("ask", refusal("host-key-unknown"), none)).toMatchObject({ unknownKey });
    expect(decideHostKey("yes", refusal("host-key-unknown"), none)).toMatchObject({ unknownKey: undefined });
  });
});

describe("whatever StrictHostKeyChecking says", () => {
  const policies = ["yes", "ask", "accept-new", "no"] as const;

  it.each(policies)("%s accepts the known key", (policy) => {
    expect(decideHostKey(policy, undefined, none)).toEqual({ kind: "accept" });
  });

  it.each(policies)("%s refuses a key that is revoked, or needs an authority", (policy) => {
    for (const code of ["host-key-revoked", "host-key-needs-authority"] as const) {
      expect(decideHostKey(policy, refusal(code), new Set([acceptanceOf(unknownKey)])).kind).toBe("refuse");
    }
  });

  it.each(policies)("%s never takes a key in place of another", (policy) => {
    const decision = decideHostKey(policy, refusal("host-key-changed"), new Set([acceptanceOf(unknownKey)]));
    expect(decision.kind).toBe("refuse");
  });
});
