import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { deadlineSignal } from "../../../src/base/abort.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

it("a deadline comes also when nobody but its listener holds on to the signal", async () => {
  const parent = new AbortController();
  const came = new Promise<string>((resolve) => {
    deadlineSignal(30, parent.signal).signal.addEventListener("abort", () => resolve("the deadline"), { once: true });
  });
  collectGarbage();
  expect(await came).toBe("the deadline");
});

it("a deadline comes early with its parent, and not at all once it was let go", () => {
  const parent = new AbortController();
  const early = deadlineSignal(60_000, parent.signal);
  const released = deadlineSignal(60_000, parent.signal);
  released.end();
  parent.abort();
  early.end();
  expect([early.signal.aborted, released.signal.aborted]).toEqual([true, false]);
});
