import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BeginReason, beginsAfresh, orderTargets } from "../../../../src/tunnel/targets/order.js";

const reason = fc.constantFrom<BeginReason>(
  "asked",
  "daemon-started",
  "woke",
  "network-changed",
  "retry-due",
  "peer-doubted",
  "restart-asked",
);
const situation = fc
  .integer({ min: 1, max: 6 })
  .chain((count) => fc.record({ count: fc.constant(count), lastWorked: fc.option(fc.nat(count - 1), { nil: undefined }), reason }));

describe("the order of the targets", () => {
  it("leaves none out and has none twice", () => {
    fc.assert(
      fc.property(situation, ({ count, lastWorked, reason }) => {
        const order = orderTargets(count, lastWorked, reason);
        expect(order.toSorted()).toEqual(Array.from({ length: count }, (_, index) => index));
      }),
    );
  });

  it("is that of the config, but for the one that worked last, which comes first when nothing has changed", () => {
    fc.assert(
      fc.property(situation, ({ count, lastWorked, reason }) => {
        const order = orderTargets(count, lastWorked, reason);
        const [first, ...others] = order;
        if (lastWorked === undefined || beginsAfresh(reason)) expect(order).toEqual(order.toSorted());
        else expect([first, others]).toEqual([lastWorked, others.toSorted()]);
      }),
    );
  });

  it.each(["woke", "network-changed", "daemon-started", "asked", "config-changed", "cause-changed"] as const)(
    "begins with the preferred one after %s, whichever worked before",
    (reason) => {
      expect(orderTargets(3, 2, reason)).toEqual([0, 1, 2]);
    },
  );

  it("has only better ones for a move back", () => {
    expect(orderTargets(3, 2, "preferred-target")).toEqual([0, 1]);
    expect(orderTargets(3, 1, "preferred-target")).toEqual([0]);
  });
});
