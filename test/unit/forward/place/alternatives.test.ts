import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alternativePorts } from "../../../../src/forward/place/alternatives.js";

const none: ReadonlySet<number> = new Set();

describe("the ports that stand in for a busy one", () => {
  it("are the hundred above it, in order", () => {
    const ports = alternativePorts(8080, undefined, none);
    expect(ports).toHaveLength(100);
    expect([ports[0], ports[1], ports.at(-1)]).toEqual([8081, 8082, 8180]);
  });

  it("begin with the one that did before", () => {
    expect(alternativePorts(8080, 8100, none).slice(0, 3)).toEqual([8100, 8081, 8082]);
  });

  it("leave out what another forward wants, also when it is the one that did before", () => {
    expect(alternativePorts(8080, 8081, new Set([8081, 8083])).slice(0, 3)).toEqual([8082, 8084, 8085]);
  });

  it.each([22, 8080, 9000, -1, 8181])("do not begin with %i, which a damaged file may remember", (remembered) => {
    expect(alternativePorts(8080, remembered, none)[0]).toBe(8081);
  });

  it("end where ports end", () => {
    expect(alternativePorts(65_533, undefined, none)).toEqual([65_534, 65_535]);
    expect(alternativePorts(65_535, undefined, none)).toEqual([]);
  });

  it("are each named once, and never spoken for", () => {
    const ports = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(ports, fc.option(ports, { nil: undefined }), fc.uniqueArray(ports), (wanted, remembered, others) => {
        const found = alternativePorts(wanted, remembered, new Set(others));
        expect(new Set(found).size).toBe(found.length);
        expect(found.filter((port) => others.includes(port) || port <= wanted || port > 65_535)).toEqual([]);
      }),
    );
  });
});
