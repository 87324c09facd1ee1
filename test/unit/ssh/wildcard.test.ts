import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesWildcard } from "../../../src/ssh/wildcard.js";

describe("a wildcard pattern", () => {
  it("matches exactly what the same regular expression matches", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 10 });
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", ".", "*", "?"), maxLength: 10 });
    fc.assert(
      fc.property(text, pattern, (someText, somePattern) => {
        const oracle = new RegExp(`^${somePattern.replaceAll(".", "\\.").replaceAll("*", ".*").replaceAll("?", ".")}$`);
        expect(matchesWildcard(someText, somePattern)).toBe(oracle.test(someText));
      }),
      { numRuns: 2000 },
    );
  });

  it("with many stars is answered without trying every way to place them", () => {
    expect(matchesWildcard("a".repeat(36), `${"*a".repeat(9)}*b`)).toBe(false);
  });
});
