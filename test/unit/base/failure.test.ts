import { describe, expect, it } from "vitest";
import { asFailure, Failure } from "../../../src/base/failure.js";

describe("a failure", () => {
  it("takes its recovery and its hint from the catalogue, and keeps its cause", () => {
    const cause = new Error("ECONNREFUSED");
    const failure = new Failure("connection-refused", "nothing listens on db:22", { cause });
    expect(failure.report()).toEqual({
      code: "connection-refused",
      message: "nothing listens on db:22",
      hint: "Check that sshd runs on the server and that the port is right.",
      recovery: "retry",
    });
    expect(failure.cause).toBe(cause);
  });

  it("lets the place that knows more give a better hint, but not another recovery", () => {
    const failure = new Failure("usage", "no such option", { hint: "Did you mean --json?" });
    expect(failure.report()).toMatchObject({ hint: "Did you mean --json?", recovery: "none" });
  });

  it("has no cause at all where none was given", () => {
    expect("cause" in new Failure("usage", "x")).toBe(false);
  });
});

describe("what was thrown", () => {
  it("stays itself when it is a failure", () => {
    const failure = new Failure("usage", "x");
    expect(asFailure(failure)).toBe(failure);
  });

  it.each([
    ["an error", new TypeError("x is undefined"), "unexpected error: x is undefined"],
    ["a text", "boom", "unexpected error: boom"],
    ["nothing", undefined, "unexpected error: undefined"],
  ])("is a bug that is held, never bad weather, when it is %s", (_, thrown, message) => {
    const failure = asFailure(thrown);
    expect(failure).toMatchObject({ code: "internal", recovery: "needs-user", message });
    expect(failure.cause).toBe(thrown);
  });
});
