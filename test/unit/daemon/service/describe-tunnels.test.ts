import { expect, it } from "vitest";
import { describeTunnels } from "../../../../src/daemon/service/describe-tunnels.js";
import type { Phase } from "../../../../src/tunnel/state.js";

it.each<[string, Phase[]]>([
  ["no tunnel is wanted up", []],
  ["no tunnel is wanted up", ["stopped"]],
  ["1 tunnel up", ["up"]],
  ["2 tunnels up", ["up", "up", "stopped"]],
  ["0 of 1 tunnel up", ["connecting"]],
  ["3 of 4 tunnels up", ["up", "up", "up", "waiting"]],
  ["1 of 3 tunnels up; 1 needs a person", ["up", "waiting", "held"]],
  ["0 of 2 tunnels up; 2 need a person", ["held", "held"]],
])("says %j", (text, phases) => {
  expect(describeTunnels(phases.map((phase) => ({ phase })))).toBe(text);
});
