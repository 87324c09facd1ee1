import { describe, expect, it } from "vitest";
import { gatewayListeners, isLoopbackBind, isOnlyLoopback, namesOf } from "../../../../src/openclaw/harden/reality.js";
import type { ServerListener } from "../../../../src/openclaw/server/listeners.js";

function listener(host: string, port: number, pid: number | null = 7): ServerListener {
  return { host, port, pid, command: "node", user: "me", evidence: "" };
}

describe("where a gateway listens", () => {
  it("counts the port beside its own only as far as it is the same process", () => {
    const all = [listener("127.0.0.1", 18_789), listener("0.0.0.0", 18_790, 8), listener("::1", 18_790)];
    expect(namesOf(gatewayListeners(all, 18_789))).toEqual(["127.0.0.1:18789", "[::1]:18790"]);
  });

  it("is the loopback alone only when something listens there", () => {
    expect(isOnlyLoopback([])).toBe(false);
    expect(isOnlyLoopback([listener("127.0.0.1", 1), listener("::1", 1), listener("::ffff:127.0.0.1", 1)])).toBe(true);
    for (const host of ["0.0.0.0", "::", "*", "10.0.0.4", "100.64.1.2"]) expect(isOnlyLoopback([listener(host, 1)])).toBe(false);
  });

  it.each(["loopback", "127.0.0.1", "localhost", "::1"])("%s is written for the loopback", (bind) =>
    expect(isLoopbackBind(bind)).toBe(true),
  );

  it.each([null, "lan", "auto", "tailnet", "custom", "0.0.0.0", "::"])("%s is not", (bind) => expect(isLoopbackBind(bind)).toBe(false));
});
