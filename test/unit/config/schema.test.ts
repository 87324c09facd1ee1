import { describe, expect, it } from "vitest";
import { timingDefaults } from "../../../src/config/defaults.js";
import { checkConfig } from "../../../src/config/parse.js";
import { tunnelNamePattern } from "../../../src/config/schema.js";

const good = { target: "me@host", preset: "openclaw" };
const forward = { local: "5432", to: "db:5432" };
const withTunnel = (entry: unknown) => ({ tunnels: { a: entry } });
const withForward = (changes: object) => withTunnel({ target: "me@host", forwards: [{ ...forward, ...changes }] });

const withDeep = (deep: object) => withTunnel({ ...good, health: { openclaw: true, deep } });

const tooBig = 86_400_001;

describe("a config that is not right", () => {
  it.each<[what: string, config: unknown, paths: string[]]>([
    ["nothing", null, ["(top)"]],
    ["a text", "tunnels", ["(top)"]],
    ["a list", [], ["(top)"]],
    ["a list of tunnels", { tunnels: [good] }, ["tunnels"]],
    ["tunnels that are nothing", { tunnels: null }, ["tunnels"]],
    ["an unknown setting", { tunels: {} }, ["tunels"]],
    ["a tunnel that is a text", withTunnel("me@host"), ["tunnels.a"]],
    ["a name with a space", { tunnels: { "a b": good } }, ["tunnels.a b"]],
    ["a name that is an option", { tunnels: { "-rf": good } }, ["tunnels.-rf"]],
    ["a name that is a path", { tunnels: { "../x": good } }, ["tunnels.../x"]],
    ["a tunnel with no target", withTunnel({ preset: "openclaw" }), ["tunnels.a.target"]],
    ["a target that is a number", withTunnel({ ...good, target: 22 }), ["tunnels.a.target"]],
    ["a target that cannot be one", withTunnel({ ...good, target: "-oProxyCommand=x" }), ["tunnels.a.target"]],
    ["a key's path of two lines", withTunnel({ ...good, identities: ["/k\n  ProxyCommand x"] }), ["tunnels.a.identities[0]"]],
    ["a jump host of two lines", withTunnel({ ...good, jump: ["box", "x\n  ProxyCommand x"] }), ["tunnels.a.jump[1]"]],
    ["an unknown preset", withTunnel({ target: "h", preset: "postgres" }), ["tunnels.a.preset"]],
    ["an unknown setting of a tunnel", withTunnel({ ...good, port: 22 }), ["tunnels.a.port"]],
    ["a profile that is a path", withTunnel({ ...good, profile: "../x" }), ["tunnels.a.profile"]],
    ["a remote port that is neither a port nor auto", withTunnel({ ...good, remotePort: "any" }), ["tunnels.a.remotePort"]],
    ["a local port out of range", withTunnel({ ...good, localPort: 0 }), ["tunnels.a.localPort"]],
    ["a remote port out of range", withTunnel({ ...good, remotePort: 70_000 }), ["tunnels.a.remotePort"]],
    [
      "a client's file that is nowhere in particular",
      withTunnel({ ...good, configureClient: "openclaw.json" }),
      ["tunnels.a.configureClient"],
    ],
    ["neither preset nor forwards", withTunnel({ target: "h" }), ["tunnels.a.forwards"]],
    ["an empty list of forwards", withTunnel({ target: "h", forwards: [] }), ["tunnels.a.forwards"]],
    ["forwards that are an object", withTunnel({ target: "h", forwards: forward }), ["tunnels.a.forwards"]],
    ["a forward with no destination", withForward({ to: 5 }), ["tunnels.a.forwards[0].to"]],
    ["an unknown setting of a forward", withForward({ loc: "9000" }), ["tunnels.a.forwards[0].loc"]],
    ["a local port out of range", withForward({ local: "70000" }), ["tunnels.a.forwards[0].local"]],
    ["a public bind", withForward({ local: "0.0.0.0:80" }), ["tunnels.a.forwards[0].local"]],
    ["both sides of a forward", withForward({ local: "0", to: "db" }), ["tunnels.a.forwards[0].local", "tunnels.a.forwards[0].to"]],
    ["allowLan as a text", withForward({ allowLan: "yes" }), ["tunnels.a.forwards[0].allowLan"]],
    ["offlinePage as a text", withForward({ offlinePage: "no" }), ["tunnels.a.forwards[0].offlinePage"]],
    ["health that is no check", withForward({ health: {} }), ["tunnels.a.forwards[0].health"]],
    ["two health checks at once", withForward({ health: { tcp: true, http: "/" } }), ["tunnels.a.forwards[0].health"]],
    ["a health path without a slash", withForward({ health: { http: "healthz" } }), ["tunnels.a.forwards[0].health.http"]],
    ["a health check every instant", withTunnel({ ...good, health: { tcp: true, everyMs: 1 } }), ["tunnels.a.health.everyMs"]],
    ["a status that HTTP does not have", withTunnel({ ...good, health: { http: "/", status: 42 } }), ["tunnels.a.health.status"]],
    ["a token itself", withDeep({ token: "s3cret" }), ["tunnels.a.health.deep.token"]],
    ["a token beside its place", withDeep({ tokenEnv: "T", token: "s3cret" }), ["tunnels.a.health.deep.token"]],
    ["a token in two places", withDeep({ tokenEnv: "T", tokenKeyring: true }), ["tunnels.a.health.deep"]],
    ["an empty token", withDeep({ token: "" }), ["tunnels.a.health.deep"]],
    ["a token nowhere", withDeep({}), ["tunnels.a.health.deep"]],
    ["a variable that cannot be one", withDeep({ tokenEnv: "s3cret-" }), ["tunnels.a.health.deep.tokenEnv"]],
    ["a deep check every second", withDeep({ tokenEnv: "T", everyMs: 1_000 }), ["tunnels.a.health.deep.everyMs"]],
    ["a deep check of a web page", withTunnel({ ...good, health: { http: "/", deep: { tokenEnv: "T" } } }), ["tunnels.a.health"]],
    ["identities that are a text", withTunnel({ ...good, identities: "~/.ssh/id" }), ["tunnels.a.identities"]],
    ["an identity that is a number", withTunnel({ ...good, identities: ["/k", 5] }), ["tunnels.a.identities[1]"]],
    ["a keepalive that hammers", { defaults: { keepaliveIntervalMs: 99 } }, ["defaults.keepaliveIntervalMs"]],
    ["half a keepalive", { defaults: { keepaliveCountMax: 1.5 } }, ["defaults.keepaliveCountMax"]],
    ["a delay of a day and more", { defaults: { backoff: { maxDelayMs: tooBig } } }, ["defaults.backoff.maxDelayMs"]],
    ["a number as a text", { defaults: { connectTimeoutMs: "10000" } }, ["defaults.connectTimeoutMs"]],
    ["an unknown setting of backoff", { defaults: { backoff: { factor: 2 } } }, ["defaults.backoff.factor"]],
    ["a way with busy ports that there is not", withTunnel({ ...good, onPortBusy: "kill" }), ["tunnels.a.onPortBusy"]],
    ["a schedule with nothing in it", withTunnel({ ...good, schedule: {} }), ["tunnels.a.schedule"]],
    ["a schedule that is a text", withTunnel({ ...good, schedule: "0 8 * * *" }), ["tunnels.a.schedule"]],
    ["a time zone and no time", withTunnel({ ...good, schedule: { timeZone: "UTC" } }), ["tunnels.a.schedule"]],
    ["an unknown setting of a schedule", withTunnel({ ...good, schedule: { up: "0 8 * * *", at: 1 } }), ["tunnels.a.schedule.at"]],
    [
      "every time of a schedule wrong",
      withTunnel({ ...good, schedule: { up: "8", down: "0 24 * * *", timeZone: "Mars/Base" }, renew: 3 }),
      ["tunnels.a.schedule.up", "tunnels.a.schedule.down", "tunnels.a.schedule.timeZone", "tunnels.a.renew"],
    ],
    ["a schedule for all", { defaults: { schedule: { up: "0 8 * * *" } } }, ["defaults.schedule"]],
    ["a tunnel's setting among the defaults", { defaults: { target: "h" } }, ["defaults.target"]],
  ])("with %s names the place", (_, config, paths) => {
    expect(checkConfig(config).problems.map(({ path }) => path)).toEqual(paths);
  });

  it("tells every problem at once, in every tunnel", () => {
    const config = {
      defaults: { keepaliveIntervalMs: 1, waitForTunnelMs: "no" },
      tunnels: {
        a: { target: 5, forwards: [forward, { local: 1, to: 2 }] },
        b: { target: "h", waitForTunnelMs: -1, backoff: { firstDelayMs: 0, maxDelayMs: "x" } },
        c: 7,
      },
    };
    expect(
      checkConfig(config)
        .problems.map(({ path }) => path)
        .sort(),
    ).toEqual([
      "defaults.keepaliveIntervalMs",
      "defaults.waitForTunnelMs",
      "tunnels.a.forwards[1].local",
      "tunnels.a.forwards[1].to",
      "tunnels.a.target",
      "tunnels.b.backoff.firstDelayMs",
      "tunnels.b.backoff.maxDelayMs",
      "tunnels.b.waitForTunnelMs",
      "tunnels.c",
    ]);
  });

  it("tells every problem at once among addresses that only parsing can judge", () => {
    const config = {
      tunnels: { a: { target: "h:0", forwards: [forward, { local: "x", to: "y" }] }, b: { target: "", preset: "openclaw" } },
    };
    expect(checkConfig(config).problems.map(({ path }) => path)).toEqual([
      "tunnels.a.target",
      "tunnels.a.forwards[1].local",
      "tunnels.a.forwards[1].to",
      "tunnels.b.target",
    ]);
  });

  it.each([
    [{ nope: 1 }, "is not a setting of clawtunnel"],
    [withTunnel({ preset: "openclaw" }), 'needs a "target"'],
    [withForward({ allowLan: "no" }), 'must be boolean, not "no"'],
    [{ defaults: { keepaliveIntervalMs: 1 } }, "must be at least 100"],
    [withForward({ local: "0" }), "a tunnel's address must be stable: choose one from 1 to 65535"],
    [withTunnel({ target: "h", forwards: [] }), "must hold at least one forward"],
    [withTunnel({ ...good, schedule: { timeZone: "UTC" } }), 'must have "up" or "down"'],
    [withTunnel({ ...good, renew: "0 3 30 2 *" }), "never comes"],
    [withTunnel({ ...good, health: 5 }), 'must be { "tcp": true }, { "http": "/path" } or { "openclaw": true }'],
    [withDeep({ token: "s3cret" }), "must not stand in the config"],
    [withDeep({}), "must have exactly one of tokenEnv, tokenFile and tokenKeyring"],
  ])("%j says: %s", (config, message) => {
    expect(checkConfig(config).problems[0]?.message).toContain(message);
  });
});

it.each([
  { token: "s3cret" },
  { token: ["s3cret"] },
  { tokenEnv: "s3cret-" },
  { tokenFile: 5, secret: "s3cret" },
  { tokenKeyring: "s3cret" },
])("%j is refused without a word of the token", (deep) => {
  const { problems } = checkConfig(withDeep(deep));
  expect(problems).not.toEqual([]);
  expect(JSON.stringify(problems)).not.toContain("s3cret");
});

describe("a config that is right", () => {
  it.each<[string, object]>([
    ["an empty file", {}],
    ["no tunnels", { tunnels: {} }],
    ["every timing there is", { defaults: timingDefaults }],
    ["a public bind that was allowed", withForward({ local: "0.0.0.0:80", allowLan: true })],
    ["a deep check", withDeep({ tokenFile: "/run/token", everyMs: 60_000 })],
    ["a schedule", withTunnel({ ...good, schedule: { up: "0 8 * * 1-5", timeZone: "Europe/Berlin" }, renew: "0 0 3 * * *" })],
    ["the limits themselves", { defaults: { keepaliveIntervalMs: 100, connectTimeoutMs: 86_400_000, waitingConnectionsMax: 0 } }],
  ])("may have %s, and comes back without a default filled in", (_, config) => {
    const checked = checkConfig(config);
    expect(checked.problems).toEqual([]);
    expect("config" in checked && checked.config.file).toEqual(config);
  });
});

describe("a tunnel's name", () => {
  it.each(["a", "openclaw", "db-2", "My.Tunnel_1", "9lives", "x".repeat(63)])("may be %s", (name) => {
    expect(name).toMatch(tunnelNamePattern);
  });

  it.each(["", "-a", ".a", "_a", "a b", "a/b", "a:b", "a@b", "ä", "a\n", "x".repeat(64)])("cannot be %j", (name) => {
    expect(name).not.toMatch(tunnelNamePattern);
  });
});

describe("a config whose shape is not right", () => {
  const problems = (value: unknown) => checkConfig(value).problems.map(({ path, message }) => `${path}: ${message}`);

  it("has every unknown setting told at once, and the addresses of other tunnels as well", () => {
    const db = { target: "-x", forwards: [{ local: "0", to: "db:1", speed: 1 }] };
    expect(problems({ colour: 1, size: 2, tunnels: { db, web: { target: "web", forwards: [{ local: "70000", to: "web:1" }] } } })).toEqual([
      "colour: is not a setting of clawtunnel",
      "size: is not a setting of clawtunnel",
      "tunnels.db.forwards[0].speed: is not a setting of clawtunnel",
      'tunnels.web.forwards[0].local: "70000": the port is above 65535',
    ]);
  });

  it.each(["__proto__", "constructor", "prototype"])("cannot hide a tunnel behind the name %s", (name) => {
    const value: unknown = JSON.parse(`{"tunnels":{"${name}":{"target":"vps","preset":"openclaw"}}}`);
    expect(problems(value)).toEqual([`tunnels.${name}: cannot be used as a name`]);
  });

  it.each([
    [[], "(top): must be an object, not a list"],
    [{ defaults: [] }, "defaults: must be an object, not a list"],
    [{ defaults: { backoff: [] } }, "defaults.backoff: must be an object, not a list"],
    [{ tunnels: [{ target: "vps" }] }, "tunnels: must be an object, not a list"],
    [{ tunnels: { a: [] } }, "tunnels.a: must be an object, not a list"],
  ])("does not take a list for an object: %o", (value, problem) => {
    expect(problems(value)[0]).toBe(problem);
  });
});
