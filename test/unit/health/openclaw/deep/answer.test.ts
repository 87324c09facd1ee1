import { describe, expect, it } from "vitest";
import { judgeClose, judgeRefusal, judgeUpgrade } from "../../../../../src/health/openclaw/deep/answer.js";

const refusal = (code: string, details: object = {}, more: object = {}) => ({ code, message: "secret-of-the-gateway", details, ...more });

describe("a gateway's refusal of the deep check", () => {
  it.each([
    ["INVALID_REQUEST", "AUTH_TOKEN_MISMATCH", "gateway-token-wrong"],
    ["NOT_PAIRED", "DEVICE_IDENTITY_REQUIRED", "gateway-token-missing"],
    ["INVALID_REQUEST", "AUTH_TOKEN_MISSING", "gateway-token-missing"],
    ["INVALID_REQUEST", "AUTH_RATE_LIMITED", "gateway-token-wrong"],
    ["INVALID_REQUEST", "PROTOCOL_MISMATCH", "gateway-protocol"],
    ["NOT_PAIRED", "PAIRING_REQUIRED", "gateway-protocol"],
    ["INVALID_REQUEST", "AUTH_PASSWORD_MISSING", "gateway-token-wrong"],
  ])("%s, %s is %s, and is not worth asking again for", (code, detail, expected) => {
    expect(judgeRefusal(refusal(code, { code: detail }))).toMatchObject({ failure: { code: expected }, againInMs: null });
  });

  it("says when it wants a password, which it takes in the token's place", () => {
    expect(judgeRefusal(refusal("INVALID_REQUEST", { code: "AUTH_PASSWORD_MISMATCH" }))).toMatchObject({
      failure: { message: expect.stringContaining("wants a password"), hint: expect.stringContaining("name the password") },
    });
  });

  it("while it starts heals, at the time that it names, though not in an instant", () => {
    const starting = (retryAfterMs: number) => refusal("UNAVAILABLE", { reason: "startup-sidecars" }, { retryable: true, retryAfterMs });
    expect(judgeRefusal(starting(3_000))).toMatchObject({ failure: { code: "gateway-starting" }, againInMs: 3_000 });
    expect(judgeRefusal(starting(0))).toMatchObject({ againInMs: 500 });
    expect(judgeRefusal(starting(1e300))).toMatchObject({ againInMs: 600_000 });
  });

  it("of the token is not worth asking again for, though it says that it is", () => {
    const refused = refusal("INVALID_REQUEST", { code: "AUTH_TOKEN_MISMATCH" }, { retryable: true, retryAfterMs: 1 });
    expect(judgeRefusal(refused)).toMatchObject({ failure: { code: "gateway-token-wrong" }, againInMs: null });
  });

  it.each([[undefined], [null], ["no"], [{ code: 5 }], [{ code: "x\u001b[2J" }]])(
    "of no known shape (%j) is told in our own words",
    (error) => {
      expect(judgeRefusal(error)).toMatchObject({
        failure: { code: "gateway-protocol", message: expect.stringContaining("no reason given") },
      });
    },
  );

  it("is never told in the gateway's own sentence, which could hold the token", () => {
    expect(JSON.stringify(judgeRefusal(refusal("INVALID_REQUEST", { code: "AUTH_TOKEN_MISMATCH" })))).not.toContain(
      "secret-of-the-gateway",
    );
  });
});

describe("a connection that is closed without an answer", () => {
  it.each([
    [1002, "gateway-protocol"],
    [1008, "gateway-token-wrong"],
    [1012, "gateway-starting"],
    [1006, "gateway-down"],
  ])("with %i is %s", (code, expected) => {
    expect(judgeClose(code)).toMatchObject({ failure: { code: expected } });
  });
});

describe("an upgrade that is refused", () => {
  it.each([
    [503, "gateway-draining"],
    [403, "gateway-protocol"],
  ])("with %i is %s", (status, expected) => {
    expect(judgeUpgrade(status)).toMatchObject({ failure: { code: expected } });
  });
});
