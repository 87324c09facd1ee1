import { describe, expect, it } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import type { FailureCode } from "../../../../src/base/failure-catalogue.js";
import { asksForHostKey, causesOf, dependsOnNetwork, NoTargetLetIn, unknownKeyIn } from "../../../../src/tunnel/targets/no-target.js";

const key = {
  hostPattern: "lan",
  keyType: "ssh-ed25519",
  keyBase64: "AAAA",
  fingerprint: "SHA256:a",
  knownHostsFile: "/k",
  isHashed: false,
};

function noTarget(...codes: readonly FailureCode[]): NoTargetLetIn {
  return new NoTargetLetIn(
    codes.map((code, index) => ({
      index,
      firstHop: null,
      failure: new Failure(code, `target ${index}: ${code}`),
      unknownHostKey: code === "host-key-unknown" ? key : undefined,
    })),
  );
}

describe("the failure of all targets", () => {
  it.each<[told: FailureCode, of: readonly FailureCode[]]>([
    ["connection-refused", ["host-key-changed", "host-unresolved", "connection-refused"]],
    ["connect-timeout", ["connect-timeout", "auth-rejected"]],
    ["auth-rejected", ["host-key-changed", "auth-rejected"]],
    ["host-key-unknown", ["host-key-unknown", "host-key-changed"]],
  ])("is %s of %j: it heals when one of them does, else it is that of a server known for ours", (told, of) => {
    expect(noTarget(...of).code).toBe(told);
  });

  it("tells of each, in the order of the config, however they were tried", () => {
    const { trials } = noTarget("connect-timeout", "auth-rejected");
    expect(new NoTargetLetIn(trials.toReversed()).message).toBe(
      "none of the 2 targets let us in: target 0: connect-timeout; target 1: auth-rejected",
    );
  });

  it("tells how to accept a key that one of them shows, also while another is waited for", () => {
    const failure = noTarget("connect-timeout", "host-key-unknown");
    expect([failure.recovery, asksForHostKey(failure), unknownKeyIn(failure)]).toEqual(["retry", true, key]);
    expect(failure.hint).toContain("clawtunnel trust NAME");
  });

  it("has the causes of all to wait for, and a single target's has its own", () => {
    expect(causesOf(noTarget("host-key-changed", "auth-rejected")).map(({ code }) => code)).toEqual(["host-key-changed", "auth-rejected"]);
    const alone = new Failure("auth-rejected", "no");
    expect(causesOf(alone)).toEqual([alone]);
  });

  it("may be another on another network only where a machine that is not ours was met", () => {
    expect(dependsOnNetwork(noTarget("host-key-changed", "auth-rejected"))).toBe(true);
    expect(dependsOnNetwork(noTarget("auth-rejected", "auth-rejected"))).toBe(false);
    expect(dependsOnNetwork(new Failure("host-key-changed", "alone"))).toBe(false);
  });
});
