import { expect, it } from "vitest";
import { checkConfig } from "../../../../src/config/parse.js";
import type { PortOwner } from "../../../../src/forward/port-owner/port-owner.js";
import { describeRunningForward, findRunningForwards } from "../../../../src/service/older-ways/running-forwards.js";

const owner = (others: Partial<PortOwner>): PortOwner => ({
  pid: 7,
  command: "ssh -N box",
  user: "me",
  kind: "ssh",
  isOwn: true,
  home: null,
  keeperPid: 6,
  ...others,
});
const owners: Readonly<Record<number, PortOwner>> = {
  8001: owner({}),
  8002: owner({ isOwn: false }),
  8003: owner({ kind: "clawtunnel" }),
};

it("an ssh of this user that holds an address of ours is told of, and nobody else", async () => {
  const forwards = [8001, 8002, 8003, 8004].map((port) => ({ local: String(port), to: "a:1" }));
  const parsed = checkConfig({ tunnels: { web: { target: "box", forwards: [...forwards, { remote: "8001", to: "a:1" }] } } });
  if (!("config" in parsed)) throw new Error("the config is not right");
  const asked: number[] = [];
  const running = await findRunningForwards(parsed.config.tunnels.values(), async (port) => {
    asked.push(port);
    return owners[port];
  });
  expect(asked).toEqual([8001, 8002, 8003, 8004]);
  expect(running.map(describeRunningForward)).toEqual([
    "127.0.0.1:8001 is held by an ssh forward of yours, kept up by autossh (pid 6), pid 7 (ssh -N box), user me",
  ]);
});
