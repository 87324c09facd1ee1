import { describe, expect, it } from "vitest";
import type { ForwardSpec, LocalForwardSpec } from "../../../../src/config/tunnel-spec.js";
import { generateEd25519Key } from "../../../../src/ssh/keys/generate-key.js";
import {
  describeLimits,
  forwardsOfKey,
  keyInRestrictedLine,
  ownerInRestrictedLine,
  restrictedLine,
} from "../../../../src/ssh/keys/restricted-line.js";
import { forwardSpec } from "../../fixtures/forwards.js";

const key = generateEd25519Key().public;
const owner = { tunnel: "openclaw", machine: "laptop" };
const health = forwardSpec(1).health;
const to = (host: string, port: number): ForwardSpec => ({ ...forwardSpec(1), to: { host, port } }) as ForwardSpec;
const remote = (host: string, port: number): ForwardSpec => ({
  kind: "remote",
  bind: { host, port },
  to: { host: "127.0.0.1", port: 1 },
  health,
});
const dynamic: ForwardSpec = { kind: "dynamic", bind: { host: "127.0.0.1", port: 1080 }, health };
const optionsOf = (...forwards: readonly ForwardSpec[]) => restrictedLine(key, forwards, owner).split(" ssh-ed25519 ")[0];

describe("the line of a key of least privilege", () => {
  it("permits each destination as it is dialled, and no remote listener", () => {
    expect(restrictedLine(key, [to("127.0.0.1", 18_789), to("127.0.0.1", 18_790)], owner)).toBe(
      `restrict,port-forwarding,permitopen="127.0.0.1:18789",permitopen="127.0.0.1:18790",permitlisten="none:1",command="/bin/false" ${key} clawtunnel openclaw@laptop`,
    );
    expect(optionsOf(to("::1", 80))).toContain('permitopen="[::1]:80"');
  });

  it("says each destination once", () => {
    expect(optionsOf(to("db", 5432), to("db", 5432))?.match(/permitopen/g)).toHaveLength(1);
  });

  it("permits what a remote forward listens on, with any port where the server chooses one, and no destination", () => {
    expect(optionsOf(remote("localhost", 9000), remote("*", 9001), remote("localhost", 0))).toBe(
      'restrict,port-forwarding,permitopen="none:1",permitlisten="localhost:9000",permitlisten="*:9001",permitlisten="localhost:*",command="/bin/false"',
    );
  });

  it("cannot limit where a dynamic forward leads, and says so", () => {
    expect(optionsOf(dynamic, to("127.0.0.1", 80))).not.toContain("permitopen");
    expect(describeLimits([dynamic]).join()).toContain("any address");
    expect(describeLimits([to("127.0.0.1", 80)])).toEqual([expect.stringContaining("AllowStreamLocalForwarding local")]);
  });

  it("cannot name a unix socket, and says what is not limited then", () => {
    const toSocket = { ...forwardSpec(1), to: { path: "/var/run/docker.sock" } } as ForwardSpec;
    expect(optionsOf(toSocket, to("127.0.0.1", 80))).toBe('restrict,port-forwarding,permitlisten="none:1",command="/bin/false"');
    expect(describeLimits([toSocket]).join()).toContain("any address");
    const atSocket: ForwardSpec = { kind: "remote", bind: { path: "/run/x" }, to: { host: "a", port: 1 }, health };
    expect(optionsOf(atSocket)).toContain('permitopen="none:1",permitlisten="none:1"');
  });

  it("is for what may open later as well, and for no destination that only a command can find", () => {
    const optional = to("127.0.0.1", 18_790) as LocalForwardSpec;
    const container = { ...forwardSpec(1), to: { container: "web", port: 80 } } as ForwardSpec;
    const forwards = forwardsOfKey({ forwards: [to("127.0.0.1", 18_789), container], optionalForwards: [optional] });
    expect(optionsOf(...forwards)).toContain('permitopen="127.0.0.1:18789",permitopen="127.0.0.1:18790",permitlisten');
  });

  it("keeps its comment one word, whatever the machine is called", () => {
    const line = restrictedLine(key, [to("a", 1)], { tunnel: "web", machine: 'my "box"\nssh-rsa AAAA' });
    expect(line.split("\n")).toHaveLength(1);
    expect(ownerInRestrictedLine(line)).toEqual({ tunnel: "web", machine: "my-box-ssh-rsa-AAAA" });
  });
});

describe("a line of exactly that form", () => {
  it("is read back", () => {
    for (const forwards of [[to("127.0.0.1", 80)], [to("::1", 80), remote("*", 0)], [dynamic], []])
      expect(keyInRestrictedLine(restrictedLine(key, forwards, owner))).toBe(key);
  });

  it.each([
    ["no restriction", key],
    ["another command", restrictedLine(key, [], owner).replace("/bin/false", "/bin/sh")],
    ["a second line", `${restrictedLine(key, [], owner)}\n${key}`],
    ["an option more", `pty,${restrictedLine(key, [], owner)}`],
    ["an option in a place", restrictedLine(key, [], owner).replace("none:1", 'a:1",pty,permitopen="b:1')],
    ["a shell's words in the comment", restrictedLine(key, [], owner).replace("laptop", "$(id)")],
  ])("is no line with %s", (_what, line) => {
    expect(keyInRestrictedLine(line)).toBeUndefined();
  });
});
