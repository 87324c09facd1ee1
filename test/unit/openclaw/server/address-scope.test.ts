import { describe, expect, it } from "vitest";
import { type AddressScope, scopeOf } from "../../../../src/openclaw/server/address-scope.js";

const table: Record<AddressScope, string[]> = {
  loopback: ["127.0.0.1", "127.0.0.53%lo", "127.255.255.254", "::1", "[::1]", "::ffff:127.0.0.1", "::FFFF:127.0.0.1"],
  every: ["0.0.0.0", "::", "*", "[::]", "::ffff:0.0.0.0"],
  tailnet: ["100.64.0.1", "100.127.255.254", "fd7a:115c:a1e0::1", "fd7a:115c:a1e0:ab12:4843:cd96:626b:430b"],
  private: ["10.0.0.1", "172.16.0.1", "172.31.255.1", "192.168.1.5", "169.254.1.1", "fd00::1", "fe80::1%eth0", "[fe80::1]%eth0"],
  public: ["203.0.113.7", "100.63.0.1", "100.128.0.1", "172.32.0.1", "8.8.8.8", "2001:db8::1", "fd.example", "::ffff:8.8.8.8"],
};

describe("who can reach an address", () => {
  it.each(Object.entries(table).flatMap(([scope, hosts]) => hosts.map((host) => [host, scope])))("%s: %s", (host, scope) => {
    expect(scopeOf(host)).toBe(scope);
  });
});
