import { describe, expect, it } from "vitest";
import { bindsCollide, describeShared, localAddresses, sharedBinds } from "../../../src/config/binds.js";
import { resolveTunnel } from "../../../src/config/resolve.js";
import type { ForwardEntry } from "../../../src/config/schema.js";
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
