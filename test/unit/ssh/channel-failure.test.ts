import { describe, expect, it } from "vitest";
import { failureFromRefusal } from "../../../src/ssh/channel-failure.js";

describe("a channel that was not opened", () => {
  it.each([
    [2, "Connection refused", "service-refused"],
    [2, "Name or service not known", "service-unreachable"],
    [1, "open failed", "forwarding-prohibited"],
    [4, "", "channel-refused"],
  ])("for reason %i (%s) is %s", (reason, text, code) => {
    expect(failureFromRefusal(reason, text, "db:5432").code).toBe(code);
  });
});
