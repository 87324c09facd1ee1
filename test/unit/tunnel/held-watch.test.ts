import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import type { FailureCode } from "../../../src/base/failure-catalogue.js";
import { untilCauseChanged } from "../../../src/tunnel/held-watch.js";

function hold(code: FailureCode) {
  const world = { keys: "one", knownHosts: "one", sshConfig: "one", isFree: false, looks: 0 };
  const life = new AbortController();
  const look = () => {
    world.looks += 1;
    return Promise.resolve({ keys: world.keys, knownHosts: world.knownHosts, sshConfig: world.sshConfig });
  };
  const looks = {
    surroundings: look,
    surroundingsBefore: look,
    listen: () => Promise.resolve(world.isFree),
  };
  let outcome: boolean | "held" = "held";
  void untilCauseChanged(new Failure(code, "it happened"), looks, life.signal).then((changed) => {
    outcome = changed;
  });
  return { world, outcome: () => outcome, end: () => life.abort() };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("a held tunnel", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each(["auth-rejected", "no-credentials", "agent-unavailable", "identity-unreadable", "identity-locked"] as const)(
    "of %s lets go when a key has changed, and not when known_hosts has",
    async (code) => {
      const { world, outcome } = hold(code);
      await pass(10_000);
      world.knownHosts = "two";
      await pass(10_000);
      expect(outcome()).toBe("held");
      world.keys = "two";
      await pass(2_000);
      expect(outcome()).toBe(true);
    },
  );

  it.each(["host-key-unknown", "host-key-changed", "host-key-revoked", "host-key-needs-authority", "known-hosts-unreadable"] as const)(
    "of %s lets go when known_hosts has changed, and not when a key has",
    async (code) => {
      const { world, outcome } = hold(code);
      await pass(10_000);
      world.keys = "two";
      await pass(10_000);
      expect(outcome()).toBe("held");
      world.knownHosts = "two";
      await pass(2_000);
      expect(outcome()).toBe(true);
    },
  );

  it.each([
    "auth-rejected",
    "identity-locked",
    "host-key-unknown",
    "ssh-config-invalid",
    "engine-unavailable",
    "algorithms-mismatch",
    "needs-answer",
  ] as const)("of %s lets go when ssh_config has changed", async (code) => {
    const { world, outcome } = hold(code);
    await pass(10_000);
    expect(outcome()).toBe("held");
    world.sshConfig = "two";
    await pass(2_000);
    expect(outcome()).toBe(true);
  });

  it("of a busy port lets go when the port is free", async () => {
    const { world, outcome } = hold("port-busy");
    await pass(10_000);
    expect(outcome()).toBe("held");
    world.isFree = true;
    await pass(2_000);
    expect(outcome()).toBe(true);
  });

  it.each(["forwarding-prohibited", "internal"] as const)("of %s looks at nothing: only the server or a person can help", async (code) => {
    const { world, outcome } = hold(code);
    await pass(10_000);
    expect(world.looks).toBe(0);
    expect(outcome()).toBe(false);
  });

  it("stops looking when it is held no more", async () => {
    const { world, outcome, end } = hold("auth-rejected");
    await pass(2_000);
    end();
    await pass(0);
    const { looks } = world;
    await pass(60_000);
    expect(world.looks).toBe(looks);
    expect(outcome()).toBe(false);
  });
});
