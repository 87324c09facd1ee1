import fc from "fast-check";
import { expect, it } from "vitest";
import { lengthWithin, type Span, subtract, unite } from "../../../../src/daemon/history/spans.js";

const most = 40;
const span = fc.record({ fromMs: fc.integer({ min: 0, max: most }), toMs: fc.integer({ min: 0, max: most }) });
const spans = fc.array(span, { maxLength: 12 });

/** Each millisecond by itself, the slow and certain way. */
const msOf = (list: readonly Span[]) =>
  Array.from({ length: most + 1 }, (_, ms) => ms).filter((ms) => list.some(({ fromMs, toMs }) => ms >= fromMs && ms < toMs));

it("unites spans into ordered ones that hold the same times, and no two of which touch", () => {
  fc.assert(
    fc.property(spans, (list) => {
      const united = unite(list);
      expect(msOf(united)).toEqual(msOf(list));
      for (const [index, { fromMs, toMs }] of united.entries()) {
        expect(toMs).toBeGreaterThan(fromMs);
        if (index > 0) expect(fromMs).toBeGreaterThan(united[index - 1]?.toMs ?? 0);
      }
    }),
  );
});

it("takes away exactly the times of the others", () => {
  fc.assert(
    fc.property(spans, spans, (list, others) => {
      const taken = msOf(others);
      expect(msOf(subtract(unite(list), unite(others)))).toEqual(msOf(list).filter((ms) => !taken.includes(ms)));
    }),
  );
});

it("measures what lies in a window", () => {
  fc.assert(
    fc.property(spans, span, (list, window) => {
      const inside = msOf(list).filter((ms) => ms >= window.fromMs && ms < window.toMs);
      expect(lengthWithin(unite(list), window)).toBe(inside.length);
    }),
  );
});
