import { describe, expect, it } from "vitest";
import { resolveTunnel } from "../../../../src/config/resolve.js";
import type { ForwardEntry } from "../../../../src/config/schema.js";
import { portsToAudit } from "../../../../src/openclaw/audit/ports.js";
import { endpointOf } from "../../../../src/ssh/names/endpoint-of.js";

function audited(...forwards: ForwardEntry[]): string[] {
  const resolved = resolveTunnel("web", { target: "me@vps", forwards });
  if (!("spec" in resolved)) throw new Error("the forwards are not right");
  return portsToAudit(resolved.spec.forwards, (to) => endpointOf(to, undefined)).map(({ port, role }) => `${port} ${role}`);
}

const gateway: ForwardEntry = { local: "127.0.0.1:18789", to: "127.0.0.1:18789", health: { openclaw: true } };

describe("the ports that an audit looks at", () => {
  it("are a gateway's and the two beside it", () => {
    expect(audited(gateway)).toEqual(["18789 gateway", "18790 sandbox", "18791 browser"]);
  });

  it("are the server's, not this machine's", () => {
    expect(audited({ ...gateway, to: "127.0.0.1:28789" })[0]).toBe("28789 gateway");
  });

  it("are each there once, also where a forward of its own leads to the sandbox", () => {
    const sandbox = { local: "127.0.0.1:18790", to: "127.0.0.1:18790" };
    expect(audited(gateway, sandbox)).toEqual(["18789 gateway", "18790 sandbox", "18791 browser"]);
  });

  it("of a service that is no gateway are its own", () => {
    expect(audited({ local: "127.0.0.1:5432", to: "localhost:5432" })).toEqual(["5432 service"]);
  });

  it("are none of another machine behind the server, of a socket, or of this machine", () => {
    const others = [
      { local: "127.0.0.1:5432", to: "db.internal:5432" },
      { local: "127.0.0.1:2375", to: "/var/run/docker.sock" },
      { remote: "127.0.0.1:9000", to: "127.0.0.1:3000" },
      { dynamic: "127.0.0.1:1080" },
    ];
    expect(audited(...others)).toEqual([]);
  });
});
