import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { waitForControlSocket } from "../../../src/ssh/openssh/control-socket.js";
import { Cleanups } from "../../support/cleanups.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

it("looks for no socket any more, neither by a timer nor by a watch, once nobody wants it", async () => {
  const path = join(cleanups.folder(), "c");
  const before = process.getActiveResourcesInfo().length;
  const late = new AbortController();
  const waiting = waitForControlSocket(path, late.signal);
  expect(process.getActiveResourcesInfo().length).toBeGreaterThan(before);
  late.abort(new Error("too late"));
  await expect(waiting).rejects.toThrow("too late");
  await expect(waitForControlSocket(path, AbortSignal.abort(new Error("before it began")))).rejects.toThrow("before it began");
  await expect.poll(() => process.getActiveResourcesInfo().length).toBe(before);
});
