import { describe, expect, it } from "vitest";
import type { HostConfig } from "../../../../src/ssh/host-config.js";
import { hostKeyAlgorithms, offerFor } from "../../../../src/ssh/ssh2/algorithms.js";
import { unsupportedBySsh2 } from "../../../../src/ssh/ssh2/capabilities.js";
import { someHost } from "../../fixtures/host.js";

const host = (changes: Partial<HostConfig> = {}): HostConfig => ({ ...someHost, ...changes });

describe("what ssh2 cannot do of a host's lists", () => {
  it("is nothing where the user has none", () => {
    expect(unsupportedBySsh2(host())).toBeUndefined();
  });

  it.each([
    ["kexAlgorithms", ["sntrup761x25519-sha512@openssh.com"], "KexAlgorithms"],
    ["hostKeyAlgorithms", ["ssh-ed25519-cert-v01@openssh.com"], "HostKeyAlgorithms"],
    ["ciphers", ["no-such-cipher"], "Ciphers"],
  ] as const)("is a list of %s without one that it knows, by its name and entries", (key, list, name) => {
    expect(unsupportedBySsh2(host({ [key]: list }))).toBe(`the ${name} ${list.join(",")}`);
  });

  it("is not a list of which it knows one", () => {
    expect(unsupportedBySsh2(host({ kexAlgorithms: ["mlkem768x25519-sha256", "curve25519-sha256"] }))).toBeUndefined();
  });

  it("is an unknown MAC only where no cipher goes without", () => {
    expect(unsupportedBySsh2(host({ macs: ["umac-128-etm@openssh.com"] }))).toBeUndefined();
    expect(unsupportedBySsh2(host({ macs: ["umac-128-etm@openssh.com"], ciphers: ["aes256-ctr"] }))).toContain("Ciphers aes256-ctr");
  });

  it("is a signature of a security key only where nothing but a key may log in", () => {
    const pubkeyAlgorithms = ["sk-ssh-ed25519@openssh.com"];
    expect(unsupportedBySsh2(host({ pubkeyAlgorithms }))).toBeUndefined();
    expect(unsupportedBySsh2(host({ pubkeyAlgorithms, authMethods: ["publickey"] }))).toContain("PubkeyAcceptedAlgorithms");
  });

  it("counts the hosts on the way, by their names", () => {
    const edge = host({ alias: "edge", ciphers: ["none@example.com"] });
    expect(unsupportedBySsh2(host({ jumps: [host(), edge] }))).toBe("the Ciphers none@example.com (for edge)");
  });
});

describe("what ssh2 offers", () => {
  it("keeps the user's order, and leaves out what it does not know", () => {
    expect(offerFor(host({ ciphers: ["aes256-ctr", "unknown", "aes128-gcm@openssh.com"] }), []).cipher).toEqual([
      "aes256-ctr",
      "aes128-gcm@openssh.com",
    ]);
  });

  it("begins with a cipher that needs no MAC where the user has no wish", () => {
    expect(offerFor(host(), []).cipher[0]).toMatch(/gcm|chacha20/);
  });

  it("puts known host key types first only where the user has no list", () => {
    expect(offerFor(host(), ["ssh-rsa"]).serverHostKey[0]).toMatch(/^rsa-sha2-/);
    const hostKeys = ["ssh-ed25519", "rsa-sha2-512"];
    expect(offerFor(host({ hostKeyAlgorithms: hostKeys }), ["ssh-rsa"]).serverHostKey).toEqual(hostKeys);
  });

  it("has no RSA with SHA-1 unless the user lists it", () => {
    expect(hostKeyAlgorithms(["ssh-rsa"])).not.toContain("ssh-rsa");
    expect(offerFor(host({ hostKeyAlgorithms: ["ssh-rsa"] }), []).serverHostKey).toEqual(["ssh-rsa"]);
  });

  it("compresses only when it is asked to, and never insists", () => {
    expect(offerFor(host(), []).compress).toEqual(["none"]);
    expect(offerFor(host({ compression: true }), []).compress).toEqual(["zlib@openssh.com", "none"]);
  });
});
