import { describe, expect, it } from "vitest";
import { readTunlite } from "../../../../src/interchange/peers/tunlite.js";
import { entries, lostOf } from "../../fixtures/readings.js";

describe("tunlite", () => {
  const settings = {
    backoff: { baseMs: 1000 },
    keepalive: { intervalSec: 15, countMax: 3 },
    connectTimeoutSec: 10,
    logLevel: "info",
    alerts: { webhook: { url: null } },
  };
  const tunnel = {
    name: "db",
    host: "me@vps",
    port: 22,
    identityFile: null,
    jump: [],
    tags: [],
    forwards: [{ type: "local", bind: "127.0.0.1", srcPort: 5432, destHost: "localhost", destPort: 5432 }],
    sshOptions: [],
    enabled: true,
    autoSetupKey: true,
  };

  it("has several forwards of each kind, and its own settings are no wishes of anybody", () => {
    const forwards = [
      ...tunnel.forwards,
      { type: "remote", bind: "0.0.0.0", srcPort: 9000, destHost: "::1", destPort: 3000 },
      { type: "dynamic", bind: "127.0.0.1", srcPort: 1080 },
    ];
    const reading = readTunlite(JSON.stringify({ version: 1, settings, tunnels: [{ ...tunnel, forwards }] }), "/home/me");
    expect(entries(reading)).toEqual({
      db: {
        target: "me@vps",
        forwards: [
          { local: "127.0.0.1:5432", to: "localhost:5432" },
          { remote: "0.0.0.0:9000", to: "[::1]:3000" },
          { dynamic: "127.0.0.1:1080" },
        ],
      },
    });
    expect(lostOf(reading)).toEqual([]);
  });

  it("has jumps, keys, ports, words for ssh and settings that were changed", () => {
    const other = {
      ...tunnel,
      port: 2222,
      identityFile: "~/.ssh/id",
      jump: ["edge", "me@b:2222"],
      tags: ["work", "db"],
      sshOptions: ["-o", "Compression=yes", "-C", "-A"],
      enabled: false,
    };
    const file = {
      settings: {
        ...settings,
        keepalive: { intervalSec: 5, countMax: 2 },
        connectTimeoutSec: 3,
        alerts: { webhook: { url: "https://x" } },
      },
      tunnels: [other],
    };
    const reading = readTunlite(JSON.stringify(file), "/home/me");
    expect(entries(reading)).toEqual({
      db: {
        target: "me@vps:2222",
        jump: ["edge", "me@b:2222"],
        identities: ["~/.ssh/id"],
        sshOptions: ["IdentitiesOnly=yes", "Compression=yes", "Compression=yes"],
        connectTimeoutMs: 3000,
        keepaliveIntervalMs: 5000,
        keepaliveCountMax: 2,
        forwards: [{ local: "127.0.0.1:5432", to: "localhost:5432" }],
      },
    });
    expect(lostOf(reading)).toEqual(["-A", "tags: work, db", "enabled: false", "alerts"]);
  });

  it("that is an ssh option in a host's place is none", () => {
    const reading = readTunlite(
      JSON.stringify({ tunnels: [{ ...tunnel, host: "-oProxyCommand=touch /tmp/x" }, { ...tunnel, host: 7, forwards: "all" }, null, "x"] }),
      "/home/me",
    );
    expect(reading.tunnels.map(({ entry }) => entry.target)).toEqual(["-oProxyCommand=touch /tmp/x", "7"]);
    expect(reading.leftOut).toHaveLength(2);
  });
});
