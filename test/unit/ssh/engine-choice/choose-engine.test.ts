import { describe, expect, it } from "vitest";
import { type HostLooks, needOf, pickEngine } from "../../../../src/ssh/engine-choice/choose-engine.js";
import type { HostConfig } from "../../../../src/ssh/host-config.js";
import { someHost } from "../../fixtures/host.js";

const nothing: HostLooks = {
  identityTypes: new Map(),
  certificates: [],
  agentKeyTypes: [],
  hasKerberosTicket: false,
  needsAuthority: false,
};
const need = (host: Partial<HostConfig>, looks: Partial<HostLooks> = {}) => needOf({ ...someHost, ...host }, { ...nothing, ...looks });
const saying = (keyword: string, value: string) => ({ said: new Map([[keyword, [value]]]) });

describe("what only the system's ssh can do", () => {
  it("is nothing of a plain host with keys in files and in an agent", () => {
    expect(need({}, { identityTypes: new Map([["/k", "ssh-ed25519"]]), agentKeyTypes: ["ssh-rsa"] })).toBeUndefined();
  });

  it.each([
    ["pkcs11provider", "/lib/p11.so", "PKCS#11"],
    ["knownhostscommand", "/bin/x %H", "KnownHostsCommand"],
    ["revokedhostkeys", "~/revoked", "RevokedHostKeys"],
    ["verifyhostkeydns", "true", "VerifyHostKeyDNS"],
    ["proxyusefdpass", "yes", "ProxyUseFdpass"],
    ["hostbasedauthentication", "yes", "HostbasedAuthentication"],
    ["bindinterface", "eth0", "BindInterface"],
    ["requiredrsasize", "3072", "RequiredRSASize"],
  ])("is %s %s", (keyword, value, words) => {
    expect(need(saying(keyword, value))).toContain(words);
    expect(need(saying(keyword, "none"))).toBeUndefined();
  });

  it("is a certificate that was named, or lies beside an identity", () => {
    expect(need({ certificates: ["/k-cert.pub"] })).toBe("a certificate (/k-cert.pub)");
    expect(need({}, { certificates: ["/id-cert.pub"] })).toBe("a certificate (/id-cert.pub)");
  });

  it("is a host that known_hosts trusts by an authority alone", () => {
    expect(need({}, { needsAuthority: true })).toBe("a @cert-authority of known_hosts");
  });

  it("is a security key that was named, whoever holds it", () => {
    const identityTypes = new Map([["/k", "sk-ssh-ed25519@openssh.com"]]);
    expect(need({ hasOwnIdentities: true }, { identityTypes })).toBe("a security key (/k)");
    expect(need({ hasOwnIdentities: true }, { identityTypes, agentKeyTypes: ["ssh-ed25519"] })).toBe("a security key (/k)");
  });

  it("is a security key among those that ssh tries of itself only where there is no other key", () => {
    const identityTypes = new Map([["/home/me/.ssh/id_ed25519_sk", "sk-ssh-ed25519@openssh.com"]]);
    expect(need({ hasOwnIdentities: false }, { identityTypes })).toBe("a security key");
    expect(need({ hasOwnIdentities: false }, { identityTypes, agentKeyTypes: ["ssh-rsa"] })).toBeUndefined();
  });

  it("is an agent that has nothing but certificates or security keys", () => {
    expect(need({}, { agentKeyTypes: ["ssh-ed25519-cert-v01@openssh.com"] })).toBe("a certificate in the agent");
    expect(need({}, { agentKeyTypes: ["sk-ecdsa-sha2-nistp256@openssh.com"] })).toBe("a security key");
    expect(need({}, { agentKeyTypes: [] })).toBeUndefined();
  });

  it.each([
    [["gssapiauthentication yes"], false, undefined],
    [["gssapiauthentication yes"], true, "GSSAPI"],
    [["gssapiauthentication yes", "preferredauthentications gssapi-with-mic,publickey"], false, "GSSAPI"],
    [["gssapiauthentication yes", "preferredauthentications publickey,gssapi-with-mic"], true, undefined],
    [["gssapiauthentication no", "preferredauthentications gssapi-with-mic"], true, undefined],
    [[], true, undefined],
  ])("with %j and a ticket %s is %s: Debian says yes for everybody", (lines, hasKerberosTicket, found) => {
    const said = new Map(lines.map((line) => [line.split(" ")[0] ?? "", [line.split(" ")[1] ?? ""]]));
    expect(need({ said }, { hasKerberosTicket })).toBe(found);
  });
});

describe("the engine", () => {
  const plain = { choice: "auto", need: undefined, lesson: undefined, hasSsh: true, host: someHost } as const;

  it("is ssh2, without a word, where it can do all that is asked", () => {
    expect(pickEngine(plain)).toEqual({ engine: "ssh2", reason: null });
    expect(pickEngine({ ...plain, hasSsh: false })).toEqual({ engine: "ssh2", reason: null });
  });

  it("is the system's ssh with the reason for which it is needed", () => {
    expect(pickEngine({ ...plain, need: "a PKCS#11 token" })).toEqual({ engine: "openssh", reason: "a PKCS#11 token" });
  });

  it("is what was learnt by trying, where there is an ssh to try next", () => {
    expect(pickEngine({ ...plain, lesson: "it was so" })).toEqual({ engine: "openssh", reason: "it was so" });
    expect(pickEngine({ ...plain, lesson: "it was so", hasSsh: false })).toEqual({ engine: "ssh2", reason: null });
  });

  it("is what was asked for, with what that leaves out", () => {
    expect(pickEngine({ ...plain, choice: "openssh" })).toEqual({ engine: "openssh", reason: "asked for" });
    expect(pickEngine({ ...plain, choice: "ssh2", need: "GSSAPI" })).toEqual({
      engine: "ssh2",
      reason: "asked for, though ssh_config wants GSSAPI",
    });
  });

  it.each([
    [{ choice: "openssh" as const }, "is to be reached by the system's ssh"],
    [{ need: "GSSAPI" }, "needs the system's ssh for GSSAPI"],
  ])("cannot be had with %o on a machine without ssh, which a person has to mend", (changes, why) => {
    expect(() => pickEngine({ ...plain, ...changes, hasSsh: false })).toThrow(
      expect.objectContaining({ code: "engine-unavailable", recovery: "needs-user", message: expect.stringContaining(why) }),
    );
  });
});
