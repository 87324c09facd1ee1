import { describe, expect, it } from "vitest";
import { honourOf, spellKeyword } from "../../../../src/ssh/examine/honoured.js";

describe("a setting of ssh_config", () => {
  it.each(["hostname", "proxycommand", "userknownhostsfile", "serveraliveinterval", "ciphers"])(
    "%s is honoured by both engines",
    (keyword) => {
      expect(honourOf(keyword, ["x"], "ssh2")).toBe("honoured");
      expect(honourOf(keyword, ["x"], "openssh")).toBe("honoured");
    },
  );

  it.each(["forwardx11", "controlmaster", "sendenv", "loglevel"])("%s is nothing to a tunnel", (keyword) => {
    expect(honourOf(keyword, ["yes"], "ssh2")).toBe("harmless");
  });

  it.each(["rekeylimit", "revokedhostkeys", "permitremoteopen", "usekeychain", "of-a-version-to-come"])(
    "%s is done by the system's ssh alone",
    (keyword) => {
      expect(honourOf(keyword, ["x"], "ssh2")).toBe("not-honoured");
      expect(honourOf(keyword, ["x"], "openssh")).toBe("honoured");
    },
  );

  it.each(["localforward", "remoteforward", "dynamicforward", "tunnel"])("%s is done by neither", (keyword) => {
    expect(honourOf(keyword, ["x"], "openssh")).toBe("not-honoured");
  });

  it("that switches something off misses nothing", () => {
    expect(honourOf("verifyhostkeydns", ["no"], "ssh2")).toBe("harmless");
    expect(honourOf("pkcs11provider", ["none"], "ssh2")).toBe("harmless");
  });

  it("is called what ssh_config(5) calls it, as far as that is known", () => {
    expect(spellKeyword("verifyhostkeydns")).toBe("VerifyHostKeyDNS");
    expect(spellKeyword("of-a-version-to-come")).toBe("of-a-version-to-come");
  });
});
