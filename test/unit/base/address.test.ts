import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress, isLoopback, parsePort, portProblem, splitHostPort } from "../../../src/base/address.js";

describe("an address as text", () => {
  it.each([
    [{ host: "127.0.0.1", port: 80 }, "127.0.0.1:80"],
    [{ host: "db.internal", port: 5432 }, "db.internal:5432"],
    [{ host: "::1", port: 80 }, "[::1]:80"],
  ])("%o is written %s", (address, text) => {
    expect(formatAddress(address)).toBe(text);
  });

  it("reads back whatever it wrote", () => {
    const hosts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(hosts, fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        expect(splitHostPort(formatAddress({ host, port }))).toEqual({ host, port });
      }),
    );
  });

  it.each([
    ["host", { host: "host", port: undefined }],
    ["host:80", { host: "host", port: 80 }],
    ["[::1]", { host: "::1", port: undefined }],
    ["[::1]:80", { host: "::1", port: 80 }],
    ["host:", { host: "host", port: Number.NaN }],
    ["host:ssh", { host: "host", port: Number.NaN }],
    [":80", { host: "", port: 80 }],
    ["", { host: "", port: undefined }],
    ["[::1", { host: "[", port: Number.NaN }],
  ])("%s splits into %o", (text, parts) => {
    expect(splitHostPort(text)).toEqual(parts);
  });
});

describe("a port", () => {
  it.each(["", "-1", "+1", "1.5", "0x50", " 80", "80 ", "1e3", "ssh", "99999999999"])("is not a number in %j", (text) => {
    expect(parsePort(text)).toBeNaN();
  });

  it("is read as decimal, also with leading zeros", () => {
    expect(parsePort("0080")).toBe(80);
  });

  it.each([
    [Number.NaN, "is not a number"],
    [0, "means any port"],
    [65_536, "is above 65535"],
  ])("%d %s", (port, problem) => {
    expect(portProblem(port)).toContain(problem);
  });

  it.each([1, 22, 65_535])("%d is usable", (port) => {
    expect(portProblem(port)).toBeUndefined();
  });
});

describe("loopback", () => {
  it.each(["127.0.0.1", "127.1.2.3", "::1", "localhost"])("%s is reached by this machine only", (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(["", "*", "0.0.0.0", "::", "192.168.0.1", "128.0.0.1", "127.0.0.1.example.com", "1127.0.0.1", "localhost.example.com", "127.1"])(
    "%j may be reached by others",
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
