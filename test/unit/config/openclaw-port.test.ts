import { describe, expect, it } from "vitest";
import { defaultOpenclawPort } from "../../../src/config/openclaw-port.js";

describe("the port of a gateway that was given none", () => {
  // As `resolveGatewayPort` of openclaw 2026.9.6 answers.
  it.each([
    [null, 18_789],
    ["default", 18_789],
    ["Default", 18_789],
    ["work", 41_984],
    ["Work", 28_704],
    ["a", 22_220],
    ["lobster-2", 46_833],
    ["Z9_-z", 52_114],
    ["dev", 19_001],
  ])("of the profile %s is %i", (profile, port) => {
    expect(defaultOpenclawPort(profile)).toBe(port);
  });
});
