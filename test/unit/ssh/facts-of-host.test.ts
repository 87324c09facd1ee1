import { describe, expect, it } from "vitest";
import { factsOfHost } from "../../../src/ssh/facts-of-host.js";
import type { HostConfig } from "../../../src/ssh/host-config.js";
import { someHost } from "../fixtures/host.js";

const facts = (changes: Partial<HostConfig>) => factsOfHost({ ...someHost, ...changes }, { engine: "ssh2", reason: null });
const edge: HostConfig = { ...someHost, alias: "edge", server: { user: "me", host: "edge.example.com", port: 2222 } };

describe("what is told of a host", () => {
  it("is where a connect would show that the way is open: the first hop", () => {
    expect(facts({}).firstHop).toEqual(someHost.server);
    expect(facts({ jumps: [edge] }).firstHop).toEqual(edge.server);
  });

  it("is no such place where a program makes the first connection", () => {
    expect(facts({ proxyCommand: "nc a 22" }).firstHop).toBeNull();
    expect(facts({ jumps: [{ ...edge, proxyCommand: "nc a 22" }] }).firstHop).toBeNull();
  });

  it("is a warning for each host whose keys are not checked", () => {
    expect(facts({ hostKeyPolicy: "no", jumps: [{ ...edge, hostKeyPolicy: "no" }] }).warnings).toEqual([
      "the host keys of edge are not checked (StrictHostKeyChecking no)",
      "the host keys of db are not checked (StrictHostKeyChecking no)",
    ]);
    expect(facts({ hostKeyPolicy: "accept-new" }).warnings).toEqual([]);
  });

  it("is a warning that names the forwards which ssh_config has and the tunnel does not open, and the way to take them over", () => {
    const said = new Map([
      ["localforward", ["8080 [localhost]:80", "8081 [localhost]:81"]],
      ["dynamicforward", ["1080"]],
    ]);
    const [warning, ...others] = facts({ said }).warnings;
    expect(others).toEqual([]);
    expect(warning).toContain("LocalForward 8080 [localhost]:80, LocalForward 8081 [localhost]:81, DynamicForward 1080");
    expect(warning).toContain("`clawtunnel import db`");
  });
});
