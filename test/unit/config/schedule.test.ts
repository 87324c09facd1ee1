import { describe, expect, it } from "vitest";
import { scheduleOf } from "../../../src/config/schedule.js";

describe("the schedule of a tunnel", () => {
  it("is none when nothing is to happen by itself", () => {
    expect(scheduleOf({ target: "h" })).toBeUndefined();
  });

  it("has its time zone in each of its times", () => {
    expect(scheduleOf({ target: "h", schedule: { up: "0 8 * * *", timeZone: "UTC" }, renew: "0 3 * * *" })).toEqual({
      up: { cron: "0 8 * * *", timeZone: "UTC" },
      down: undefined,
      renew: { cron: "0 3 * * *", timeZone: "UTC" },
    });
  });

  it("may be a renewal alone, on the machine's own clocks", () => {
    expect(scheduleOf({ target: "h", renew: "0 3 * * *" })?.renew).toEqual({ cron: "0 3 * * *", timeZone: undefined });
  });
});
