import { describe, expect, it } from "vitest";
import { Failure } from "../../../../../src/base/failure.js";
import { type DeepAnswer, refused } from "../../../../../src/health/openclaw/deep/answer.js";
import { isDeepDue } from "../../../../../src/health/openclaw/deep/pace.js";

const everyMs = 600_000;
const ok: DeepAnswer = { state: "ok", protocol: 4, bootId: "a", version: "2026.9.6" };
const past = (answer: DeepAnswer, tokenPrint: string | null = "print") => ({ answer, atMs: 1_000, tokenPrint });

describe("a deep check", () => {
  it("is due when there was none, and after that when its time has passed", () => {
    expect(isDeepDue(undefined, "print", everyMs, 0)).toBe(true);
    expect(isDeepDue(past(ok), "print", everyMs, 1_000 + everyMs - 1)).toBe(false);
    expect(isDeepDue(past(ok), "print", everyMs, 1_000 + everyMs)).toBe(true);
  });

  it("is never due again after a refusal, until there is another token", () => {
    const wrong = past(refused(new Failure("gateway-token-wrong", "no")));
    expect(isDeepDue(wrong, "print", everyMs, Number.MAX_SAFE_INTEGER)).toBe(false);
    expect(isDeepDue(wrong, "another", everyMs, 1_001)).toBe(true);
  });

  it("is due when the gateway says that it may be", () => {
    const starting = past(refused(new Failure("gateway-starting", "soon"), 2_000));
    expect(isDeepDue(starting, "print", everyMs, 2_999)).toBe(false);
    expect(isDeepDue(starting, "print", everyMs, 3_000)).toBe(true);
  });
});
