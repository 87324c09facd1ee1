import { expect, it } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import { openHandedOver } from "../../../../src/daemon/lock/handover.js";

it("opens every tunnel that was handed over, without saving it, and tells in the log of one that cannot be", async () => {
  const created: unknown[] = [];
  const logged: unknown[] = [];
  const supervisor = {
    create: async (request: { readonly name?: string }) => {
      if (request.name === "bad") throw new Failure("name-taken", "there is another tunnel named bad");
      created.push(request);
      return "";
    },
  };
  const note = (fields: object, sentence: string) => void logged.push({ ...fields, sentence });
  const log = { debug: note, info: note, warn: note, error: note };
  const tunnels = ["one", "bad", "two"].map((name) => ({ name, tunnel: { target: name } }));

  await openHandedOver({ agentSocket: undefined, tunnels }, supervisor, log);

  expect(created).toEqual(["one", "two"].map((name) => ({ name, tunnel: { target: name }, once: true })));
  expect(logged).toEqual([
    { event: "handover.lost", tunnel: "bad", sentence: expect.stringContaining("there is another tunnel named bad") },
  ]);
});
