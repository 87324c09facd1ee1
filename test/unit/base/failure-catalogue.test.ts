import { describe, expect, it } from "vitest";
import { failureCatalogue } from "../../../src/base/failure-catalogue.js";

const entries = Object.entries(failureCatalogue);
const codes = (found: typeof entries) => found.map(([code]) => code);

describe("the catalogue of failures", () => {
  it("has every code in kebab-case", () => {
    expect(codes(entries.filter(([code]) => !/^[a-z]+(-[a-z]+)*$/.test(code)))).toEqual([]);
  });

  it("says the next step for each, in a whole sentence", () => {
    expect(codes(entries.filter(([, { hint }]) => !/^(?:[A-Z`]|known_hosts).*[.?`)]$/s.test(hint)))).toEqual([]);
  });

  it("closes every quoted command in a hint", () => {
    expect(codes(entries.filter(([, { hint }]) => hint.split("`").length % 2 === 0))).toEqual([]);
  });

  it("sends nobody to `clawtunnel up` for what heals by itself", () => {
    expect(codes(entries.filter(([, { recovery, hint }]) => recovery === "retry" && hint.includes("clawtunnel up")))).toEqual([]);
  });

  it("retries nothing that a server could take for an attack", () => {
    const knocks = entries.filter(([code]) => /^(?:auth|identity|host-key|no-credentials|forwarding)/.test(code));
    expect(knocks.length).toBeGreaterThan(5);
    expect(codes(knocks.filter(([, { recovery }]) => recovery !== "needs-user"))).toEqual([]);
  });
});
