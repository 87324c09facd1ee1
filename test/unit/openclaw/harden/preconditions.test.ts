import { describe, expect, it } from "vitest";
import { type Facts, obstacles } from "../../../../src/openclaw/harden/preconditions.js";

const good: Facts = {
  to: { host: "127.0.0.1", port: 18_789 },
  config: {
    file: "/f",
    exists: true,
    files: [],
    port: 18_789,
    portFrom: "default",
    bind: "lan",
    bindFile: "/f",
    customBindHost: null,
    authMode: "token",
    hasSecret: true,
    reloadMode: null,
    tailscaleMode: null,
  },
  look: {
    file: "/f",
    exists: true,
    isWritable: true,
    keepsOwner: true,
    hasBase64: true,
    user: "me",
    sum: "aa",
    text: "{}",
    stamp: "",
    lock: null,
  },
  listeners: [{ host: "0.0.0.0", port: 18_789, pid: 7, command: "node", user: "me", evidence: "" }],
  process: {
    pid: 7,
    user: "me",
    bindFlag: null,
    bindEnv: null,
    unit: { name: "openclaw-gateway.service", scope: "user" },
    container: null,
    isServerContainer: false,
  },
  readsOther: null,
  hasUnit: true,
  restart: null,
};

const { process: runs } = good;
const withProcess = (parts: Partial<NonNullable<Facts["process"]>>): Facts => ({ ...good, process: runs && { ...runs, ...parts } });

describe("what stands in the way of a hardening", () => {
  it("is nothing when all is well", () => {
    expect(obstacles(good)).toEqual([]);
    expect(obstacles(withProcess({ bindFlag: "loopback", bindEnv: "loopback" }))).toEqual([]);
    expect(obstacles(withProcess({ container: "abc", isServerContainer: true }))).toEqual([]);
  });

  const cases: readonly (readonly [string, Facts, RegExp])[] = [
    ["a forward that leads to another address", { ...good, to: { host: "10.0.0.4", port: 18_789 } }, /leads to 10\.0\.0\.4:18789/],
    ["a forward to a container", { ...good, to: null }, /no address of the server's loopback/],
    ["no file", { ...good, look: { ...good.look, exists: false } }, /there is no \/f/],
    ["a file that cannot be read", { ...good, look: { ...good.look, sum: null, text: null } }, /cannot be read/],
    ["a file that cannot be written", { ...good, look: { ...good.look, isWritable: false } }, /may not write/],
    ["somebody else's file", { ...good, look: { ...good.look, keepsOwner: false } }, /belongs to another account/],
    ["a server that takes no file", { ...good, look: { ...good.look, hasBase64: false } }, /neither base64 nor openssl/],
    ["a file for another port", { ...good, config: { ...good.config, port: 20_001 } }, /is for the port 20001/],
    ["nobody who listens", { ...good, listeners: [], process: null }, /no process/],
    [
      "a listener of Docker's",
      { ...good, listeners: good.listeners.map((own) => ({ ...own, command: "docker-proxy" })) },
      /Docker has the port/,
    ],
    ["a process that may not be seen", { ...good, process: null }, /may not see whose process/],
    ["a gateway in a container", withProcess({ container: "abc" }), /runs in a container/],
    ["a flag", withProcess({ bindFlag: "lan" }), /--bind lan/],
    ["a variable", withProcess({ bindEnv: "lan" }), /OPENCLAW_GATEWAY_BIND=lan/],
    ["another file that it reads", { ...good, readsOther: "/other" }, /reads \/other/],
    ["nothing that restarts it", { ...good, config: { ...good.config, reloadMode: "off" }, hasUnit: false }, /does not restart by itself/],
  ];

  it.each(cases)("is %s, with what to do about it", (_, facts, what) => {
    const [first, ...others] = obstacles(facts);
    expect(others).toEqual([]);
    expect(first?.what).toMatch(what);
    expect(first?.todo).toMatch(/\.$/);
  });

  it("names the unit in which the flag is taken away", () => {
    expect(obstacles(withProcess({ bindFlag: "lan" }))[0]?.todo).toContain("systemctl --user edit openclaw-gateway.service");
  });
});
