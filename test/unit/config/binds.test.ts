import { describe, expect, it } from "vitest";
import { bindsCollide, describeShared, failureOfShared, localAddresses, ownerBefore, sharedBinds } from "../../../src/config/binds.js";
import { resolveTunnel } from "../../../src/config/resolve.js";
import type { ForwardEntry, TunnelEntry } from "../../../src/config/schema.js";
import type { TunnelSpec } from "../../../src/config/tunnel-spec.js";

function tunnel(name: string, target: string, ...forwards: ForwardEntry[]): TunnelSpec {
  const resolved = resolveTunnel(name, { target, forwards });
  if (!("spec" in resolved)) throw new Error(`${name} is not a tunnel`);
  return resolved.spec;
}

const shared = (...tunnels: TunnelSpec[]) => sharedBinds(tunnels).map(describeShared);

describe("two forwards", () => {
  it("cannot listen on one port here, of whichever kind", () => {
    expect(shared(tunnel("a", "one", { local: "80", to: "db:1" }), tunnel("b", "two", { dynamic: "80" }))).toEqual([
      '127.0.0.1:80 is already used by the tunnel "a"',
    ]);
  });

  it("cannot listen on one path here", () => {
    const [local, dynamic] = [{ local: "/run/a.sock", to: "db:1" }, { dynamic: "/run/a.sock" }];
    expect(shared(tunnel("a", "one", local, dynamic))).toEqual(['/run/a.sock is already used by the tunnel "a"']);
    expect(bindsCollide({ path: "/a" }, { host: "127.0.0.1", port: 80 })).toBe(false);
  });

  it("cannot have one port of the same server", () => {
    const remote = { remote: "9000", to: "db:1" };
    expect(shared(tunnel("a", "me@one", remote), tunnel("b", "me@one", { remote: "*:9000", to: "db:2" }))).toEqual([
      '*:9000 on that server is already used by the tunnel "a"',
    ]);
  });

  it("may have one port each of two servers, or of the server and of this machine", () => {
    const remote = { remote: "9000", to: "db:1" };
    expect(shared(tunnel("a", "one", remote, { local: "9000", to: "db:1" }), tunnel("b", "two", remote))).toEqual([]);
  });

  it("may both leave the port to the server", () => {
    const remote = { remote: "0", to: "db:1" };
    expect(shared(tunnel("a", "one", remote, remote))).toEqual([]);
  });
});

describe("a second tunnel for a port that is taken", () => {
  const refusal = (...tunnels: TunnelSpec[]) => sharedBinds(tunnels).map(failureOfShared)[0]?.report();
  const gateway = (name: string, target: string, changes: Partial<TunnelEntry> = {}): TunnelSpec => {
    const resolved = resolveTunnel(name, { target, preset: "openclaw", ...changes });
    if (!("spec" in resolved)) throw new Error(`${name} is not a tunnel`);
    return resolved.spec;
  };

  it.each<[Partial<TunnelEntry>, string]>([
    [{}, "--local-port 28789"],
    [{ remotePort: 19_001 }, "--local-port 28789 --remote-port 19001"],
    [{ remotePort: "auto" }, "--local-port 28789 --remote-port auto"],
    [{ forwards: [{ local: "18789", to: "docker:gate:18789" }] }, "-L 28789:docker:gate:18789 --preset openclaw"],
  ])("is told the command that opens it beside the first, where both lead to a gateway: %j", (changes, words) => {
    expect(refusal(gateway("openclaw", "me@one"), gateway("openclaw-2", "me@two:2222", changes))).toMatchObject({
      code: "port-taken",
      message: '127.0.0.1:18789 is already used by the tunnel "openclaw"',
      hint: expect.stringContaining(`\`clawtunnel up me@two:2222 ${words}\`; or say the same again with \`--on-port-busy next\``),
    });
  });

  it("is told of no gateway where it leads to none", () => {
    const db = { local: "5432", to: "db:5432" };
    expect(refusal(tunnel("a", "one", db), tunnel("b", "two", db))?.hint).toMatch(/^Choose another local port .*--on-port-busy next/);
  });

  it("is not told to take the next one of what has no number here", () => {
    const remote = { remote: "9000", to: "db:5432" };
    expect(refusal(tunnel("a", "one", remote), tunnel("b", "one", remote))?.hint).toBe("Choose another local port for one of the two.");
  });
});

describe("a tunnel that takes the next port while its own is busy", () => {
  const at = (port: number) => ({ host: "127.0.0.1", port });
  const db = { local: "5432", to: "db:5432" };
  const next = (name: string, ...forwards: ForwardEntry[]) => ({ ...tunnel(name, "me@two", ...forwards), onPortBusy: "next" as const });

  it("may want what a tunnel before it has, and leaves it to that one", () => {
    const all = [tunnel("a", "one", db), next("b", db)];
    expect(shared(...all)).toEqual([]);
    expect(ownerBefore(all, "b", at(5432))?.name).toBe("a");
    expect(ownerBefore(all, "b", at(5433))).toBeUndefined();
  });

  it("keeps what it had first", () => {
    const all = [next("a", db), next("b", db), next("a", db)];
    expect(ownerBefore(all, "a", at(5432))).toBeUndefined();
    expect(ownerBefore([next("a", db), tunnel("b", "one", db)], "b", at(5432))).toBeUndefined();
    expect(shared(next("a", db), tunnel("b", "one", db))).toHaveLength(1);
  });

  it("can neither want one port twice, nor another tunnel's socket or port of the server", () => {
    expect(shared(next("a", db, db))).toHaveLength(1);
    for (const forward of [
      { local: "/run/a.sock", to: "db:1" },
      { remote: "9000", to: "db:1" },
    ])
      expect(shared(tunnel("a", "me@two", forward), next("b", forward))).toHaveLength(1);
  });
});

it("only local and dynamic forwards want an address of this machine, and of those only the ones with a port", () => {
  const { forwards } = tunnel(
    "a",
    "one",
    { local: "80", to: "db:1" },
    { dynamic: "81" },
    { remote: "82", to: "db:1" },
    { local: "/run/a.sock", to: "db:1" },
  );
  expect(localAddresses(forwards).map(({ port }) => port)).toEqual([80, 81]);
});
