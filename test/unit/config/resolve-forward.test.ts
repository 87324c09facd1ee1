import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resolveTunnel } from "../../../src/config/resolve.js";
import type { ForwardEntry, TunnelEntry } from "../../../src/config/schema.js";

const resolve = (forward: ForwardEntry, entry: Partial<TunnelEntry> = {}) =>
  resolveTunnel("db", { target: "me@host", forwards: [forward], ...entry });

function specOf(forward: ForwardEntry, entry?: Partial<TunnelEntry>) {
  const resolved = resolve(forward, entry);
  if (!("spec" in resolved)) throw new Error(resolved.problems.map(({ path, failure }) => `${path}: ${failure.message}`).join("; "));
  return resolved.spec.forwards[0];
}

const problemsOf = (forward: ForwardEntry, entry?: Partial<TunnelEntry>) =>
  resolve(forward, entry).problems.map(({ path, failure }) => `${path}: ${failure.message}`);

describe("a forward in the config", () => {
  it.each<[ForwardEntry, object]>([
    [
      { local: "5432", to: "db:5432" },
      { kind: "local", bind: { host: "127.0.0.1", port: 5432 }, to: { host: "db", port: 5432 } },
    ],
    [
      { local: "/run/d.sock", to: "/var/run/docker.sock" },
      { kind: "local", bind: { path: "/run/d.sock" }, to: { path: "/var/run/docker.sock" } },
    ],
    [
      { local: "~/d.sock", to: "db:1" },
      { kind: "local", bind: { path: join(homedir(), "d.sock") } },
    ],
    [
      { remote: "127.0.0.1:9000", to: "web:80" },
      { kind: "remote", bind: { host: "127.0.0.1", port: 9000 }, to: { host: "web", port: 80 } },
    ],
    [
      { remote: "0", to: "web:80" },
      { kind: "remote", bind: { host: "localhost", port: 0 } },
    ],
    [
      { remote: "*:9000", to: "web:80" },
      { kind: "remote", bind: { host: "*", port: 9000 } },
    ],
    [
      { remote: "/run/d.sock", to: "~/a.sock" },
      { kind: "remote", bind: { path: "/run/d.sock" }, to: { path: join(homedir(), "a.sock") } },
    ],
    [{ dynamic: "1080" }, { kind: "dynamic", bind: { host: "127.0.0.1", port: 1080 } }],
    [
      { dynamic: "0.0.0.0:1080", allowLan: true },
      { kind: "dynamic", bind: { host: "0.0.0.0", port: 1080 } },
    ],
  ])("%j is what it says", (forward, spec) => {
    expect(specOf(forward)).toMatchObject(spec);
  });

  it.each<[ForwardEntry, string]>([
    [{}, "forwards[0]: it must have exactly one of local, remote and dynamic, and has none of them"],
    [{ local: "1", dynamic: "2" }, "forwards[0]: it must have exactly one of local, remote and dynamic, and has local and dynamic"],
    [{ local: "1" }, 'forwards[0].to: a local forward needs "to": host:port, or a socket\'s path on the server'],
    [{ local: "1", to: "run/a.sock" }, `forwards[0].to: "run/a.sock": a socket's path on the server must be absolute`],
    [{ dynamic: "1", to: "db:1" }, "forwards[0].to: has no place in a dynamic forward: a dynamic forward leads where each client asks"],
    [{ dynamic: "0.0.0.0:1" }, "forwards[0].dynamic: a forward on 0.0.0.0 would let other machines in"],
    [
      { dynamic: "1", health: { http: "/" } },
      'forwards[0].health: a dynamic forward has no service of its own to ask; only "tcp" is possible',
    ],
    [{ remote: "x", to: "db:1" }, 'forwards[0].remote: "x": the port is missing'],
    [
      { remote: "1", to: "db:1", allowLan: true },
      "forwards[0].allowLan: has no place in a remote forward: who may come in at the server is for its sshd to say",
    ],
    [
      { remote: "1", to: "db:1", offlinePage: false },
      "forwards[0].offlinePage: has no place in a remote forward: only a local forward has an offline page",
    ],
  ])("%j is refused with its place in the file", (forward, problem) => {
    expect(problemsOf(forward)).toEqual([problem]);
  });

  it("says of a remote one that leads nowhere that it would be a SOCKS proxy", () => {
    expect(problemsOf({ remote: "9000" })).toEqual([
      expect.stringMatching(/^forwards\[0\]\.to: .*SOCKS proxy on the server, which is not supported/),
    ]);
  });

  it.runIf(process.platform === "linux")("is refused when its socket's path is longer than the system takes", () => {
    const path = `/tmp/${"a".repeat(110)}`;
    expect(problemsOf({ local: path, to: "db:1" })).toEqual([expect.stringContaining("this system takes 107")]);
    expect(problemsOf({ remote: "1", to: path })).toEqual([expect.stringContaining("this system takes 107")]);
  });
});

describe("the health of a forward", () => {
  it("is the tunnel's pace alone where there is no one service to ask", () => {
    const health = { http: "/x", everyMs: 700, timeoutMs: 60 };
    expect(specOf({ dynamic: "1080" }, { health })?.health).toEqual({ check: { kind: "tcp" }, everyMs: 700, timeoutMs: 60 });
    expect(specOf({ remote: "9000", to: "web:80" }, { health })?.health.check).toEqual({ kind: "http", path: "/x", status: null });
  });

  it("of a remote one is no gateway's, whatever the preset of the tunnel", () => {
    expect(specOf({ remote: "9000", to: "web:80" }, { preset: "openclaw" })?.health.check).toEqual({ kind: "tcp" });
  });
});
