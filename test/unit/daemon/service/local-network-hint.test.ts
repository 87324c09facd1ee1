import { describe, expect, it } from "vitest";
import { isOnLocalNetwork, localNetworkHint } from "../../../../src/daemon/service/local-network-hint.js";

const agent = { platform: "darwin", release: "24.6.0", service: "launchd", isSystemScope: false } as const;
const firstHop = { host: "192.168.1.20", port: 22 };
const failure = {
  code: "host-unreachable",
  message: "ada@nas:22: the network cannot reach it (connect EHOSTUNREACH 192.168.1.20:22 - Local (0.0.0.0:0))",
} as const;

describe("the hint about the local network", () => {
  it("is given for an agent of launchd that macOS 15 keeps from a private address", () => {
    const hint = localNetworkHint(agent, failure, null);
    expect(hint).toContain("System Settings > Privacy & Security > Local Network");
    expect(hint).toContain("sudo clawtunnel install --system");
  });

  it("is given when it was ssh that found no way", () => {
    const message = "ada@nas:22: nas port 22: No route to host";
    expect(localNetworkHint(agent, { code: "host-unreachable", message }, { host: "nas.local", port: 22 })).toBeDefined();
  });

  it.each([
    ["on another system", { ...agent, platform: "linux" as const }],
    ["on macOS 14, which does not ask", { ...agent, release: "23.6.0" }],
    ["for a daemon that a terminal started", { ...agent, service: "none" }],
    ["for a system daemon, which needs no consent", { ...agent, isSystemScope: true }],
  ])("is not given %s", (_, consent) => {
    expect(localNetworkHint(consent, failure, firstHop)).toBeUndefined();
  });

  it.each([
    ["another failure", { code: "connect-timeout" as const, message: failure.message }],
    [
      "a machine without any network",
      { ...failure, message: "ada@nas:22: the network cannot reach it (connect ENETUNREACH 192.168.1.20:22)" },
    ],
    ["a jump host that has no way", { ...failure, message: "ada@nas:22: from the jump host: No route to host" }],
    ["a public address", { ...failure, message: "ada@example.com:22: the network cannot reach it (connect EHOSTUNREACH 203.0.113.9:22)" }],
  ])("is not given for %s", (_, other) => {
    expect(localNetworkHint(agent, other, firstHop)).toBeUndefined();
  });

  it("is not given when the way is a ProxyCommand's, and nothing tells where it leads", () => {
    expect(localNetworkHint(agent, { ...failure, message: "nas: No route to host" }, null)).toBeUndefined();
  });
});

describe("an address of the local network", () => {
  it.each([
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.1",
    "192.168.0.1",
    "169.254.3.4",
    "fd12:3456::1",
    "fc00::1",
    "fe80::1",
    "nas",
    "nas.local",
  ])("is %s", (host) => {
    expect(isOnLocalNetwork(host)).toBe(true);
  });

  it.each([
    "11.0.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.169.0.1",
    "127.0.0.1",
    "100.64.0.1",
    "2001:db8::1",
    "::1",
    "fd.example.com",
    "localhost",
    "a.b.local.example",
    "",
  ])('is not "%s"', (host) => {
    expect(isOnLocalNetwork(host)).toBe(false);
  });
});
