import { describe, expect, it } from "vitest";
import type { HostConfig } from "../../../../src/ssh/host-config.js";
import { type ReadContext, readHostConfig } from "../../../../src/ssh/resolve/read-host-config.js";
import { readSshDump } from "../../../../src/ssh/resolve/ssh-dump.js";

const machine = { home: "/home/me", userName: "me", uid: 1000, hostName: "laptop.lan", env: { AGENT: "/run/agent", KEYS: "/keys" } };
const variable = (name: string) => `\${${name}}`;
const plain = ["user me", "hostname box.example", "port 22"];

function read(lines: readonly string[], changes: Partial<ReadContext> = {}): HostConfig {
  const defaults = readSshDump("identityfile ~/.ssh/id_rsa\nciphers a,b\nloglevel INFO\n");
  const usual = ["identityfile ~/.ssh/id_rsa", "ciphers a,b", "loglevel INFO"].filter(
    (line) => !lines.some((other) => other.startsWith(line.split(" ")[0] ?? "")),
  );
  const context = { alias: "box", jumps: [], files: [], defaults, machine, hashHasJump: false, exists: () => false, ...changes };
  return readHostConfig(readSshDump([...plain, ...usual, ...lines].join("\n")), context);
}

describe("what ssh -G prints", () => {
  it("says nothing of algorithms where it is what this ssh takes for granted", () => {
    expect(read([]).ciphers).toBeNull();
    expect(read(["ciphers b,a"]).ciphers).toEqual(["b", "a"]);
  });

  it("was said by somebody only where it is not taken for granted", () => {
    expect([...read(["rekeylimit 1048576 0"]).said.keys()]).toEqual(["user", "hostname", "port", "rekeylimit"]);
  });

  it("names own identities where they are others than ssh tries of itself", () => {
    expect(read([]).hasOwnIdentities).toBe(false);
    expect(read(["identityfile /k"]).hasOwnIdentities).toBe(true);
    expect(read(["identityfile none"])).toMatchObject({ hasOwnIdentities: true, identities: [] });
  });

  it.each([
    ["~/.ssh/%r@%h:%p", "/home/me/.ssh/me@box.example:22"],
    ["%d/%n-%k-%u-%i", "/home/me/box-box-me-1000"],
    ["/k/%L-%l-%%", "/k/laptop-laptop.lan-%"],
    ["/k/%j", "/k/edge"],
    [variable("KEYS"), "/keys"],
    [variable("UNSET"), `/home/me/${variable("UNSET")}`],
    ["relative", "/home/me/relative"],
  ])("has the identity %s for %s", (written, path) => {
    expect(read([`identityfile ${written}`, "proxyjump a,me@edge:2222"]).identities).toEqual([path]);
  });

  it("counts the jump host into %C for those versions that do", () => {
    const lines = ["identityfile /k/%C", "proxyjump edge"];
    expect(read(lines, { hashHasJump: true }).identities).not.toEqual(read(lines).identities);
    expect(read(["identityfile /k/%C"], { hashHasJump: true }).identities).toEqual(read(["identityfile /k/%C"]).identities);
  });

  it.each<[string, HostConfig["agent"]]>([
    ["identityagent none", { kind: "none" }],
    ["identityagent SSH_AUTH_SOCK", { kind: "usual" }],
    ["identityagent $SSH_AUTH_SOCK", { kind: "usual" }],
    ["identityagent $AGENT", { kind: "socket", path: "/run/agent" }],
    ["identityagent $UNSET", { kind: "none" }],
    ["identityagent ~/a b/%r.sock", { kind: "socket", path: "/home/me/a b/me.sock" }],
    ["loglevel INFO", { kind: "usual" }],
  ])("means by %s the agent %o", (line, agent) => {
    expect(read([line]).agent).toEqual(agent);
  });

  it.each([
    ["/a b /c", ["/a b", "/c"]],
    ["/a /b", ["/a", "/b"]],
    ["~/a none", ["/home/me/a"]],
    ["none", []],
  ])("has for the known_hosts %s the files %j, where nothing exists", (value, paths) => {
    expect(read([`userknownhostsfile ${value}`]).userKnownHosts).toEqual(paths);
  });

  it("takes for one file what exists as one", () => {
    const exists = (path: string) => path === "/a /b";
    expect(read(["userknownhostsfile /a /b /c"], { exists }).userKnownHosts).toEqual(["/a /b", "/c"]);
  });

  it.each([
    [[], ["publickey", "keyboard-interactive", "password"]],
    [["preferredauthentications password,publickey"], ["password", "publickey"]],
    [["passwordauthentication no"], ["publickey", "keyboard-interactive"]],
    [["pubkeyauthentication false"], ["keyboard-interactive", "password"]],
    [["pubkeyauthentication unbound"], ["publickey", "keyboard-interactive", "password"]],
    [["challengeresponseauthentication no"], ["publickey", "password"]],
    [["batchmode yes"], ["publickey"]],
  ])("with %j leaves the methods %j", (lines, methods) => {
    expect(read(lines).authMethods).toEqual(methods);
  });

  it.each([
    ["yes", "yes"],
    ["true", "yes"],
    ["false", "no"],
    ["off", "no"],
    ["accept-new", "accept-new"],
    ["ask", "ask"],
  ])("means by StrictHostKeyChecking %s %s", (value, policy) => {
    expect(read([`stricthostkeychecking ${value}`]).hostKeyPolicy).toBe(policy);
  });

  it("has the tokens of a ProxyCommand filled in, and nothing else of it touched", () => {
    expect(read(['proxycommand nc "%h" %p ~/x $Y 100%%']).proxyCommand).toBe('nc "box.example" 22 ~/x $Y 100%');
  });

  it("is not fooled by a socket's LocalForward that is shown a second time", () => {
    const echoes = ["dynamicforward /tmp/a.sock", "dynamicforward [127.0.0.1]:8080"];
    const locals = ["localforward /tmp/a.sock /tmp/b.sock", "localforward [127.0.0.1]:8080 /tmp/b.sock"];
    const own = ["dynamicforward 1080", "dynamicforward /tmp/own.sock"];
    expect(read([...echoes, ...own, ...locals]).said.get("dynamicforward")).toEqual(["1080", "/tmp/own.sock"]);
    expect(read([...echoes, ...locals]).said.has("dynamicforward")).toBe(false);
  });
});
