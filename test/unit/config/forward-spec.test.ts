import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress, isSocketPath } from "../../../src/base/address.js";
import { Failure } from "../../../src/base/failure.js";
import { isNamed } from "../../../src/config/destination.js";
import {
  checkBindHost,
  describeForward,
  parseBindAddress,
  parseDestination,
  parseDynamicForward,
  parseForward,
  parseRemoteForward,
} from "../../../src/config/forward-spec.js";

const refusal = (code: string, why: string) => expect.objectContaining({ code, message: expect.stringContaining(why) });

describe("what -L takes", () => {
  it.each([
    ["8080:db:5432", "127.0.0.1:8080 to db:5432"],
    ["127.0.0.2:8080:db:5432", "127.0.0.2:8080 to db:5432"],
    ["localhost:8080:localhost:80", "127.0.0.1:8080 to localhost:80"],
    ["[::1]:8080:[2001:db8::2]:80", "[::1]:8080 to [2001:db8::2]:80"],
    ["8080:[::1]:80", "127.0.0.1:8080 to [::1]:80"],
    ["8080:/run/a.sock", "127.0.0.1:8080 to /run/a.sock"],
    ["localhost:8080:/run/a.sock", "127.0.0.1:8080 to /run/a.sock"],
    ["/tmp/a.sock:db:80", "/tmp/a.sock to db:80"],
    ["./a.sock:[::1]:80", "./a.sock to [::1]:80"],
    ["/tmp/a.sock:/run/b.sock", "/tmp/a.sock to /run/b.sock"],
  ])("%s listens and dials: %s", (text, description) => {
    expect(describeForward({ kind: "local", ...parseForward(text) })).toBe(description);
  });

  it.each(["*:8080:db:80", ":8080:db:80", "0.0.0.0:8080:db:80", "[::]:8080:db:80", "192.168.1.2:8080:db:80", "example.com:8080:db:80"])(
    "%s is refused, because other machines could come in",
    (text) => {
      expect(() => parseForward(text)).toThrow(refusal("bind-public", "would let other machines in"));
    },
  );

  it.each([
    ["", "it needs [bind:]port:host:hostport"],
    ["8080", "it needs [bind:]port:host:hostport"],
    ["8080:80", "it needs [bind:]port:host:hostport"],
    ["a:1:b:2:c", "it needs [bind:]port:host:hostport"],
    ["8080:db:", "it needs [bind:]port:host:hostport"],
    ["[::1]8080:db:80", "it needs [bind:]port:host:hostport"],
    ["8080::80", "the destination host is empty"],
    ["8080:[]:80", "the destination host is empty"],
    ["web:db:80", "the local port is not a number"],
    ["0:db:80", "the local port means any port"],
    ["65536:db:80", "the local port is above 65535"],
    ["8080:db:http", "the destination port is not a number"],
    ["8080:db:99999", "the destination port is above 65535"],
    ["8080:run/a.sock", "a socket's path on the server must be absolute"],
    ["8080:~/a.sock", "a socket's path on the server must be absolute"],
    ["/tmp/a.sock", "it needs [bind:]port:host:hostport"],
    ["/tmp/a.sock:80", "it needs [bind:]port:host:hostport"],
    ["/tmp/a.sock:80:db:80", "a socket's path has no host or port beside it"],
    ["8080:/run/a.sock:80", "a socket's path has no host or port beside it"],
    ["/tmp/a\n.sock:db:80", "a socket's path holds a control character"],
  ])("%j is refused: %s", (text, why) => {
    expect(() => parseForward(text)).toThrow(refusal("forward-invalid", why));
  });

  it("is read back as it was written, with IPv4, IPv6 and names", () => {
    const ports = fc.integer({ min: 1, max: 65_535 });
    const binds = fc.constantFrom("127.0.0.1", "::1", "127.9.8.7");
    const hosts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(binds, ports, hosts, ports, (bindHost, bindPort, host, port) => {
        const bind = { host: bindHost, port: bindPort };
        const to = { host, port };
        expect(parseForward(`${formatAddress(bind)}:${formatAddress(to)}`)).toEqual({ bind, to });
      }),
    );
  });

  it("either gives two usable addresses or refuses, whatever was typed", () => {
    const typed = fc.string({ unit: fc.constantFrom(":", "[", "]", "8", "0", "a", ".", "*"), maxLength: 16 });
    fc.assert(
      fc.property(typed, (text) => {
        try {
          const { bind, to } = parseForward(text);
          if (isSocketPath(bind) || isNamed(to) || isSocketPath(to)) throw new Error("nobody typed a slash");
          expect(bind.host).toMatch(/^127\.|^::1$/);
          expect(to.host).not.toBe("");
          for (const { port } of [bind, to]) expect(port > 0 && port <= 65_535).toBe(true);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          expect(["forward-invalid", "bind-public"]).toContain(error.code);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("what -R takes", () => {
  it.each([
    ["9000:localhost:3000", "localhost:9000 on the server to localhost:3000 here"],
    ["127.0.0.1:9000:web:80", "127.0.0.1:9000 on the server to web:80 here"],
    ["0:web:80", "localhost:0 on the server to web:80 here"],
    ["*:9000:web:80", "*:9000 on the server to web:80 here"],
    [":9000:web:80", "*:9000 on the server to web:80 here"],
    ["[::]:9000:[::1]:80", "[::]:9000 on the server to [::1]:80 here"],
    ["9000:/run/a.sock", "localhost:9000 on the server to /run/a.sock here"],
    ["9000:~/a.sock", "localhost:9000 on the server to ~/a.sock here"],
    ["/run/b.sock:web:80", "/run/b.sock on the server to web:80 here"],
    ["/run/b.sock:/run/a.sock", "/run/b.sock on the server to /run/a.sock here"],
  ])("%s listens there and dials here: %s", (text, description) => {
    expect(describeForward({ kind: "remote", ...parseRemoteForward(text) })).toBe(description);
  });

  it.each(["9000", "localhost:9000", "*:9000", "/run/b.sock"])("says of %s that a SOCKS proxy on the server is not supported", (text) => {
    expect(() => parseRemoteForward(text)).toThrow(refusal("forward-invalid", "which is not supported"));
  });

  it.each([
    ["", "it needs [bind:]port:host:hostport"],
    ["70000:web:80", "the remote port is above 65535"],
    ["9000:web:0", "the destination port means any port"],
    ["b.sock/x:web:80", "a socket's path on the server must be absolute"],
  ])("%j is refused: %s", (text, why) => {
    expect(() => parseRemoteForward(text)).toThrow(refusal("forward-invalid", why));
  });
});

describe("what -D takes", () => {
  it.each([
    ["1080", "127.0.0.1:1080 as a SOCKS proxy"],
    ["localhost:1080", "127.0.0.1:1080 as a SOCKS proxy"],
    ["[::1]:1080", "[::1]:1080 as a SOCKS proxy"],
    ["/tmp/socks.sock", "/tmp/socks.sock as a SOCKS proxy"],
  ])("%s: %s", (text, description) => {
    expect(describeForward({ kind: "dynamic", bind: parseDynamicForward(text) })).toBe(description);
  });

  it.each(["*:1080", ":1080", "0.0.0.0:1080"])("%s is refused, because other machines could come in", (text) => {
    expect(() => parseDynamicForward(text)).toThrow(refusal("bind-public", "would let other machines in"));
  });

  it.each([
    ["1080:db:80", "it needs [bind:]port"],
    ["0", "the local port means any port"],
    ["socks", "the local port is not a number"],
  ])("%j is refused: %s", (text, why) => {
    expect(() => parseDynamicForward(text)).toThrow(refusal("forward-invalid", why));
  });
});

describe("the two sides of a forward in the config", () => {
  it("takes a bare port for the loopback address", () => {
    expect(parseBindAddress("5432")).toEqual({ host: "127.0.0.1", port: 5432 });
  });

  it("demands a host for the destination", () => {
    expect(() => parseDestination("5432")).toThrow(refusal("forward-invalid", "the port is missing"));
  });

  it.each(["::1:80", ":80", "", "[]:80"])("refuses %j, which has no host", (text) => {
    expect(() => parseDestination(text)).toThrow(refusal("forward-invalid", "is not host:port"));
  });

  it.each([
    ["db", "the port is missing"],
    ["db:", "the port is not a number"],
    ["db:0", "the port means any port"],
    ["0", "a tunnel's address must be stable"],
    ["127.0.0.1:0", "a tunnel's address must be stable"],
    ["[::1]:00", "a tunnel's address must be stable"],
    ["db:65536", "the port is above 65535"],
  ])("refuses %s: %s", (text, why) => {
    expect(() => parseBindAddress(text)).toThrow(refusal("forward-invalid", why));
  });
});

describe("the host of a bind", () => {
  it("is an address where the user wrote localhost", () => {
    expect(checkBindHost("localhost", false)).toBe("127.0.0.1");
  });

  it("may be public only when that was allowed", () => {
    expect(checkBindHost("0.0.0.0", true)).toBe("0.0.0.0");
    expect(() => checkBindHost("0.0.0.0", false)).toThrow(refusal("bind-public", "0.0.0.0"));
  });

  it.each(["", "*"])("says what %j would mean", (host) => {
    expect(() => checkBindHost(host, false)).toThrow("every address of this machine");
  });
});
