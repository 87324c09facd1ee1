import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import { absenceOf } from "../../../src/tunnel/absence.js";

const failure = new Failure("identity-unreadable", "cannot read /home/ada/.ssh/id_secret");

describe("the absence of a tunnel", () => {
  it("has the next try as a time from now, and never one that is over", () => {
    const state = { phase: "waiting", sinceMs: 0, failure, failures: 3, retryAtMs: 5_000 } as const;
    expect(absenceOf("web", state, 2_000)).toEqual({ tunnel: "web", phase: "waiting", code: "identity-unreadable", retryInMs: 3_000 });
    expect(absenceOf("web", state, 9_000).retryInMs).toBe(0);
  });

  it("has no next try where none is set, and no code where nothing has failed", () => {
    expect(absenceOf("web", { phase: "held", sinceMs: 0, failure }, 1)).toMatchObject({ phase: "held", retryInMs: null });
    expect(absenceOf("web", { phase: "connecting", sinceMs: 0, reason: "asked", failures: 0, failure: null }, 1)).toMatchObject({
      code: null,
    });
  });

  it("never has the failure's message, which may name files and servers", () => {
    expect(JSON.stringify(absenceOf("web", { phase: "held", sinceMs: 0, failure }, 1))).not.toContain("secret");
  });
});
