import { describe, expect, it } from "vitest";
import type { ConfigFile, TunnelEntry } from "../../../src/config/schema.js";
import { planImport } from "../../../src/interchange/plan.js";
import type { FoundTunnel } from "../../../src/interchange/reading.js";

const web = { local: "127.0.0.1:8080", to: "web:80" };
const found = (name: string, entry: TunnelEntry): FoundTunnel => ({ name, source: "a test", entry, leftOut: [] });
const plan = (tunnels: FoundTunnel[], file: ConfigFile = {}, allowsLan = false) => planImport(tunnels, file, { allowsLan });

describe("a plan", () => {
  it("writes what our config takes, and leaves what is there alone", () => {
    const entry = { target: "me@vps", forwards: [web] };
    expect(plan([found("web", entry)])).toMatchObject([{ name: "web", state: "new", entry, problem: null }]);
    expect(plan([found("other", entry)], { tunnels: { web: entry } })).toMatchObject([{ name: "web", state: "there" }]);
  });

  it("makes the same of the same source a second time, also of what was not taken over whole", () => {
    const source = [
      found("web", { target: "vps", forwards: [web, { local: "0.0.0.0:8081", to: "web:80" }, { local: "x", to: "y" }] }),
      found("web", { target: "b", forwards: [web] }),
    ];
    const tunnels = Object.fromEntries(
      plan(source)
        .filter(({ state }) => state === "new")
        .map(({ name, entry }) => [name, entry]),
    );
    expect(Object.keys(tunnels)).toEqual(["web"]);
    expect(plan(source, { tunnels }).map(({ state }) => state)).toEqual(["there", "refused"]);
  });

  it.each([
    ["db", {}, "db"],
    ["db", { db: { target: "x", forwards: [{ local: "127.0.0.1:1", to: "a:1" }] } }, "db-2"],
    ["my tunnel!", {}, "my-tunnel"],
    ["-oProxyCommand=x", {}, "oProxyCommand-x"],
    ["日本", {}, "tunnel"],
    ["constructor", {}, "constructor-2"],
    ["__proto__", {}, "proto__"],
    ["x".repeat(100), {}, "x".repeat(56)],
  ])("calls %j a name that is one and is free", (name, tunnels, expected) => {
    const [planned] = plan([found(name, { target: "vps", forwards: [web] })], { tunnels: tunnels as Record<string, TunnelEntry> });
    expect(planned).toMatchObject({ name: expected, state: "new" });
    expect(planned?.leftOut.some(({ what }) => what === `the name ${name}`)).toBe(name !== expected);
  });

  it("never opens a bind that others can reach without being told to", () => {
    const entry = { target: "vps", forwards: [web, { local: "0.0.0.0:9090", to: "web:90" }] };
    const [careful] = plan([found("web", entry)]);
    expect(careful?.entry.forwards).toEqual([web]);
    expect(careful?.leftOut).toEqual([
      { what: "-L 0.0.0.0:9090:web:90", why: "other machines could reach it; --allow-lan takes it over as it is", isNeedless: false },
    ]);
    const [open] = plan([found("web", entry)], {}, true);
    expect(open?.entry.forwards).toEqual([web, { local: "0.0.0.0:9090", to: "web:90", allowLan: true }]);
    expect(open?.leftOut).toEqual([]);
  });

  it("leaves out a forward whose port another tunnel has, here or in the same source", () => {
    const taken = { tunnels: { old: { target: "x", forwards: [web] } } };
    const two = { target: "vps", forwards: [web, { local: "127.0.0.1:8081", to: "web:81" }] };
    const planned = plan([found("a", two), found("b", two), found("c", { ...two, target: "other" })], taken);
    expect(planned.map(({ name, state, problem }) => [name, state, problem])).toEqual([
      ["a", "new", null],
      ["b", "refused", "it has no forward that clawtunnel can open"],
      ["c", "refused", "it has no forward that clawtunnel can open"],
    ]);
    expect(planned[0]?.entry.forwards).toEqual(two.forwards.slice(1));
    expect(planned[0]?.leftOut.map(({ why }) => why).join()).toContain('127.0.0.1:8080 is already used by the tunnel "old"');
  });

  it("leaves out an option that our config does not take, and keeps the others", () => {
    const [planned] = plan([found("a", { target: "vps", sshOptions: ["Compression=yes", "nonsense"], forwards: [web] })]);
    expect(planned?.entry.sshOptions).toEqual(["Compression=yes"]);
    expect(planned?.leftOut.map(({ what }) => what)).toEqual(["-o nonsense"]);
  });

  it.each([["-oProxyCommand=touch /tmp/x"], ["a b"], [""], ["me@"]])("refuses the target %j", (target) => {
    expect(plan([found("a", { target, forwards: [web] })])).toMatchObject([
      { state: "refused", problem: expect.stringContaining("is not a target") },
    ]);
  });

  it("takes a thousand forwards in less time than a person waits", () => {
    const forwards = Array.from({ length: 1000 }, (_, at) => ({ local: `127.0.0.1:${20_000 + (at % 999)}`, to: "web:80" }));
    const [planned] = plan([found("a", { target: "vps", forwards })]);
    expect(planned?.entry.forwards).toHaveLength(999);
  });
});
