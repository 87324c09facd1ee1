import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { deepEveryMs, gatewayEveryMs, healthDefaults, timingDefaults } from "../../../src/config/defaults.js";
import { expandHome } from "../../../src/config/expand-home.js";
import { defaultOpenclawPort } from "../../../src/config/openclaw-port.js";
import { resolveTunnel } from "../../../src/config/resolve.js";
import type { ConfigFile, TunnelEntry } from "../../../src/config/schema.js";
import { formatTarget } from "../../../src/config/target.js";
import { targetsOf } from "../../../src/config/targets-of.js";
import type { TunnelSpec } from "../../../src/config/tunnel-spec.js";

function specOf(entry: Partial<TunnelEntry>, defaults?: ConfigFile["defaults"]): TunnelSpec {
  const resolved = resolveTunnel("db", { target: "me@host", ...entry }, defaults);
  if (!("spec" in resolved)) throw new Error(resolved.problems.map(({ path, failure }) => `${path}: ${failure.message}`).join("; "));
  return resolved.spec;
}

const openclaw = { preset: "openclaw" } as const;
const forward = { local: "5432", to: "db:5432" };

describe("what the user left open", () => {
  it("is filled with our defaults", () => {
    const spec = specOf(openclaw);
    expect(spec).toMatchObject({
      name: "db",
      login: { target: { user: "me", host: "host", port: null }, engine: "auto", identities: [], options: [], connectTimeoutMs: null },
      keepalive: { intervalMs: null, countMax: null, replyTimeoutMs: 1_500 },
      backoff: timingDefaults.backoff,
      waitForTunnelMs: 20_000,
      waitingConnectionsMax: 256,
      onPortBusy: "hold",
    });
  });

  it("is filled with the file's defaults before ours, and the tunnel's own word comes first", () => {
    const defaults = { keepaliveIntervalMs: 7_000, connectTimeoutMs: 4_000, waitForTunnelMs: 8_000 };
    const spec = specOf({ ...openclaw, connectTimeoutMs: 3_000 }, defaults);
    expect(spec.keepalive.intervalMs).toBe(7_000);
    expect(spec.waitForTunnelMs).toBe(8_000);
    expect(spec.login.connectTimeoutMs).toBe(3_000);
    expect(specOf(openclaw, { onPortBusy: "next" }).onPortBusy).toBe("next");
    expect(specOf({ ...openclaw, onPortBusy: "replace" }, { onPortBusy: "next" }).onPortBusy).toBe("replace");
  });

  it("is filled within backoff setting by setting, not as a whole", () => {
    const spec = specOf({ ...openclaw, backoff: { firstDelayMs: 50 } }, { backoff: { maxDelayMs: 9_000, firstDelayMs: 100 } });
    expect(spec.backoff).toEqual({ firstDelayMs: 50, maxDelayMs: 9_000, steadyAfterMs: timingDefaults.backoff.steadyAfterMs });
  });

  it("never makes the longest delay shorter than the first", () => {
    expect(specOf({ ...openclaw, backoff: { firstDelayMs: 60_000 } }).backoff.maxDelayMs).toBe(60_000);
  });

  it("leaves the entry itself as the user wrote it", () => {
    const entry = Object.freeze({ target: "me@host", preset: "openclaw" as const, backoff: Object.freeze({ firstDelayMs: 5 }) });
    resolveTunnel("db", entry, Object.freeze({ backoff: Object.freeze({ maxDelayMs: 9 }) }));
    expect(entry).toEqual({ target: "me@host", preset: "openclaw", backoff: { firstDelayMs: 5 } });
  });
});

describe("the openclaw preset", () => {
  it("forwards the gateway's port under the same number, and asks the gateway itself", () => {
    const both = { host: "127.0.0.1", port: 18_789 };
    expect(specOf(openclaw).forwards).toEqual([
      {
        kind: "local",
        bind: both,
        to: both,
        health: { check: { kind: "openclaw", deep: null }, ...healthDefaults, everyMs: gatewayEveryMs },
        hasOfflinePage: true,
      },
    ]);
  });

  it("gives way to forwards that the user wrote, and still asks the gateway through them", () => {
    const [only, ...others] = specOf({ ...openclaw, forwards: [{ local: "9000", to: "127.0.0.1:18789" }] }).forwards;
    expect(others).toEqual([]);
    expect(only).toMatchObject({ bind: { port: 9000 }, health: { check: { kind: "openclaw" } } });
  });
});

describe("where the preset leads", () => {
  const at = (port: number) => ({ host: "127.0.0.1", port });
  const ends = (changes: object) => {
    const { forwards, optionalForwards } = specOf({ ...openclaw, ...changes });
    const both = (all: readonly object[]) => all.map((one) => ("bind" in one && "to" in one ? [one.bind, one.to] : one));
    return { main: both(forwards), optional: both(optionalForwards) };
  };

  it.each([
    [{}, [at(18_789), at(18_789)], [[at(18_790), at(18_790)]]],
    [{ remotePort: 8080 }, [at(18_789), at(8080)], [[at(8081), at(8081)]]],
    [{ profile: "default" }, [at(18_789), at(18_789)], [[at(18_790), at(18_790)]]],
    [{ localPort: 28_789 }, [at(28_789), at(18_789)], [[at(18_790), at(18_790)]]],
    [{ localPort: 18_790 }, [at(18_790), at(18_789)], []],
    [{ localPort: 9000, profile: "work", remotePort: "auto" }, [at(9000), { profile: "work" }], [{ beside: { profile: "work" } }]],
    [{ remotePort: 65_535 }, [at(18_789), at(65_535)], []],
    [{ remotePort: 18_788 }, [at(18_789), at(18_788)], []],
    [{ remotePort: "auto", profile: "Default" }, [at(18_789), { profile: null }], [{ beside: { profile: null } }]],
  ])("%j", (changes, main, optional) => {
    expect(ends(changes)).toEqual({ main: [main], optional });
  });

  it("has the local port that a profile has by itself, whatever the server's is", () => {
    const port = defaultOpenclawPort("work");
    expect(ends({ profile: "work" }).main).toEqual([[at(port), at(port)]]);
    expect(ends({ profile: "work", remotePort: "auto" }).main).toEqual([[at(port), { profile: "work" }]]);
  });

  it.each([
    [{ target: "h", profile: "work", forwards: [{ local: "1", to: "h:1" }] }, "profile"],
    [{ target: "h", localPort: 80, forwards: [{ local: "1", to: "h:1" }] }, "localPort"],
    [{ target: "h", preset: "openclaw", localPort: 80, forwards: [{ local: "1", to: "h:1" }] }, "localPort"],
    [{ target: "h", remotePort: 80, forwards: [{ local: "1", to: "h:1" }] }, "remotePort"],
    [{ target: "h", preset: "openclaw", remotePort: 80, forwards: [{ local: "1", to: "h:1" }] }, "remotePort"],
    [{ target: "h", forwards: [{ local: "1", to: "h:1", optional: true }] }, "forwards"],
    [
      {
        target: "h",
        forwards: [
          { local: "1", to: "h:1" },
          { dynamic: "2", optional: true },
        ],
      },
      "forwards[1].optional",
    ],
  ])("is not said where it means nothing: %j", (entry, path) => {
    expect(resolveTunnel("a", entry as TunnelEntry).problems.map((problem) => problem.path)).toEqual([path]);
  });
});

describe("the health of a forward", () => {
  it.each([
    ["its own", { ...forward, health: { http: "/own" } }, { tcp: true as const }, { kind: "http", path: "/own", status: null }],
    ["the tunnel's", forward, { http: "/tunnel", status: 204 }, { kind: "http", path: "/tunnel", status: 204 }],
    ["a plain connect", forward, undefined, { kind: "tcp" }],
  ])("is %s", (_, written, health, check) => {
    const spec = specOf({ forwards: [written], ...(health && { health }) });
    expect(spec.forwards[0]?.health.check).toEqual(check);
  });

  it.each([
    [{ tokenEnv: "GATEWAY_TOKEN" }, { kind: "env", name: "GATEWAY_TOKEN" }, deepEveryMs],
    [{ tokenFile: "~/token", everyMs: 60_000 }, { kind: "file", path: join(homedir(), "token") }, 60_000],
    [{ tokenKeyring: true as const }, { kind: "keyring" }, deepEveryMs],
  ])("asks a gateway with a token as %j says", (deep, token, everyMs) => {
    const spec = specOf({ forwards: [{ ...forward, health: { openclaw: true, deep } }] });
    expect(spec.forwards[0]?.health.check).toEqual({ kind: "openclaw", deep: { token, everyMs } });
  });

  it("keeps the pace that the user wrote", () => {
    const spec = specOf({ forwards: [{ ...forward, health: { tcp: true, everyMs: 700, timeoutMs: 60 } }] });
    expect(spec.forwards[0]?.health).toEqual({ check: { kind: "tcp" }, everyMs: 700, timeoutMs: 60 });
  });
});

describe("the offline page of a forward", () => {
  it("is there unless the forward does without", () => {
    const { forwards } = specOf({ forwards: [forward, { ...forward, local: "5433", offlinePage: false }] });
    expect(forwards.map((spec) => spec.kind === "local" && spec.hasOfflinePage)).toEqual([true, false]);
  });
});

describe("the targets of a tunnel", () => {
  it("are the preferred one and the others in order", () => {
    const { target: _, ...entry } = {
      target: "",
      targets: ["me@192.168.1.20", "me@100.101.102.103", "box.tail1234.ts.net:2222"],
      ...openclaw,
    };
    const resolved = resolveTunnel("db", entry);
    if (!("spec" in resolved)) throw new Error("it is not right");
    expect(targetsOf(resolved.spec).map(formatTarget)).toEqual(entry.targets);
  });

  it.each([
    [{ ...openclaw }, "target", "it needs"],
    [{ ...openclaw, target: "a", targets: ["b"] }, "target", "it has both"],
    [{ ...openclaw, targets: ["a", "-b"] }, "targets[1]", "begins with a dash"],
  ])("cannot be %j", (entry, path, why) => {
    const { problems } = resolveTunnel("db", entry);
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(problems[0]?.failure.message).toContain(why);
  });
});

describe("problems within one tunnel", () => {
  it("are told all together, each at its place", () => {
    const resolved = resolveTunnel("db", { target: "", forwards: [forward, { local: "0.0.0.0:1", to: "x" }] });
    expect(resolved.problems.map(({ path, failure }) => [path, failure.code])).toEqual([
      ["target", "target-invalid"],
      ["forwards[1].local", "bind-public"],
      ["forwards[1].to", "forward-invalid"],
    ]);
    expect("spec" in resolved).toBe(false);
  });

  it("are there when a tunnel would forward nothing", () => {
    expect(resolveTunnel("db", { target: "me@host" }).problems.map(({ path }) => path)).toEqual(["forwards"]);
  });
});

describe("a path in the config", () => {
  it.each([
    ["~/.ssh/id", join(homedir(), ".ssh/id")],
    ["~", homedir()],
    [".ssh/id", join(homedir(), ".ssh/id")],
    ["~other/id", join(homedir(), "~other/id")],
  ])("%s is meant from the home folder", (path, expanded) => {
    expect(expandHome(path)).toBe(expanded);
  });

  it("is left alone when it is absolute", () => {
    expect(expandHome("/etc/ssh/known_hosts")).toBe("/etc/ssh/known_hosts");
  });

  it("is expanded wherever a login names a file", () => {
    const { login } = specOf({ ...openclaw, identities: ["~/i"], knownHosts: ["~/k"], globalKnownHosts: ["~/g"] });
    expect(login).toMatchObject({
      identities: [join(homedir(), "i")],
      options: [`UserKnownHostsFile="${join(homedir(), "k")}"`, `GlobalKnownHostsFile="${join(homedir(), "g")}"`],
    });
  });

  it("is left to ssh_config where none was named", () => {
    expect(specOf(openclaw).login).toMatchObject({ identities: [], options: [], configFile: null });
  });
});

describe("when a server is looked at by itself", () => {
  const own = { local: "5432", to: "127.0.0.1:5432" };

  it.each<[string, Partial<TunnelEntry>, ConfigFile["defaults"], string]>([
    ["weekly behind a gateway", openclaw, {}, "weekly"],
    ["never behind another service, if nobody asks for it", { forwards: [own] }, {}, "off"],
    ["when its tunnel says", { ...openclaw, audit: { schedule: "0 3 * * *" } }, { audit: { schedule: "off" } }, "0 3 * * *"],
    ["when the defaults say", { forwards: [own] }, { audit: { schedule: "weekly" } }, "weekly"],
    ["never where the forward leads past the server", { forwards: [forward] }, { audit: { schedule: "weekly" } }, "off"],
  ])("is %s", (_what, entry, defaults, wanted) => {
    expect(specOf(entry, defaults).auditSchedule).toBe(wanted);
  });
});
