import { describe, expect, it } from "vitest";
import { readSid } from "../../../../src/service/machine/service-user.js";

describe("the user's SID", () => {
  it.each([
    ['"ada-pc\\ada","S-1-5-21-1004336348-1177238915-682003330-1001"\r\n', "S-1-5-21-1004336348-1177238915-682003330-1001"],
    ['"azuread\\zoë o""neil","S-1-12-1-3423-1","S-1-12-1-1-2"\r\n', "S-1-12-1-1-2"],
    ["", null],
    ["ERROR: no\r\n", null],
  ])("is read from %j", (stdout, sid) => {
    expect(readSid(stdout)).toBe(sid);
  });
});
