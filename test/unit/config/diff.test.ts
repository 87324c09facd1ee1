import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffTunnels } from "../../../src/config/diff.js";
import { resolveTunnel } from "../../../src/config/resolve.js";
import type { TunnelSpec } from "../../../src/config/tunnel-spec.js";

function spec(name: string, port: number): TunnelSpec {
  const resolved = resolveTunnel(name, { target: `me@host:${port}`, preset: "openclaw" });
  if (!("spec" in resolved)) throw new Error(`${name} is not a tunnel`);
  return resolved.spec;
}

const tunnels = (ports: Record<string, number>) => new Map(Object.entries(ports).map(([name, port]) => [name, spec(name, port)]));

describe("the difference of two configs", () => {
  it("does not touch a tunnel that nobody edited, though it was read anew", () => {
    expect(diffTunnels(tunnels({ a: 22, b: 22 }), tunnels({ b: 22, a: 22 }))).toEqual({ added: [], changed: [], removed: [] });
  });

  it("names what came, what went and what is different now", () => {
    const diff = diffTunnels(tunnels({ gone: 22, edited: 22, same: 22 }), tunnels({ same: 22, edited: 23, fresh: 22 }));
    expect(diff).toEqual({ added: [spec("fresh", 22)], changed: [spec("edited", 23)], removed: ["gone"] });
  });

  it("takes a renamed tunnel for one that went and one that came", () => {
    expect(diffTunnels(tunnels({ old: 22 }), tunnels({ new: 22 }))).toEqual({ added: [spec("new", 22)], changed: [], removed: ["old"] });
  });

  it("leads from any config to any other when it is applied", () => {
    const sets = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 1, max: 3 }), { noNullPrototype: true }).map(tunnels);
    fc.assert(
      fc.property(sets, sets, (running, wanted) => {
        const { added, changed, removed } = diffTunnels(running, wanted);
        const applied = new Map(running);
        for (const name of removed) expect(applied.delete(name)).toBe(true);
        for (const { name } of added) expect(applied.has(name)).toBe(false);
        for (const { name } of changed) expect(applied.has(name)).toBe(true);
        for (const tunnel of [...added, ...changed]) applied.set(tunnel.name, tunnel);
        expect(applied).toEqual(wanted);
      }),
    );
  });
});
