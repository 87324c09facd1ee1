import { describe, expect, it } from "vitest";
import type { HostKeyPolicy } from "../../../../src/ssh/host-config.js";
import { ourWords } from "../../../../src/ssh/openssh/options.js";

const facts = {
  version: { major: 9, minor: 2 },
  controlPath: "/run/x/c",
  connectTimeoutMs: 10_000,
  canAsk: true,
  hostKeyPolicy: "ask" as HostKeyPolicy,
  hasProxy: false,
  prefersAes: false,
};
const optionsFor = (changes: Partial<typeof facts>) => ourWords({ ...facts, ...changes }).filter((word) => word !== "-o");

describe("the options that come before the user's", () => {
  it("leave every rule about host keys to the user", () => {
    for (const major of [7, 8, 9, 10]) {
      const words = optionsFor({ version: { major, minor: 9 } }).join(" ");
      expect(words).not.toMatch(/StrictHostKeyChecking|KnownHosts|HostKeyAlgorithms|CheckHostIP|VerifyHostKeyDNS|UpdateHostKeys/i);
    }
  });

  it("are stricter than the user in one thing: where nothing is checked a changed key is refused", () => {
    expect(optionsFor({ hostKeyPolicy: "no" })).toContain("StrictHostKeyChecking=accept-new");
  });

  it("put the faster cipher first only where the user leaves the choice, and ssh knows how to be told", () => {
    const first = "Ciphers=^aes128-gcm@openssh.com";
    expect(optionsFor({ prefersAes: true })).toContain(first);
    expect(optionsFor({})).not.toContain(first);
    expect(optionsFor({ prefersAes: true, version: { major: 8, minor: 0 } })).not.toContain(first);
  });

  it("are only such as that version knows", () => {
    const old = optionsFor({ version: { major: 7, minor: 4 } }).join(" ");
    expect(old).not.toMatch(/ForkAfterAuthentication|RemoteCommand|LogVerbose/);
    expect(old).toContain("LogLevel=DEBUG2");
    expect(optionsFor({}).join(" ")).toMatch(/ForkAfterAuthentication=no .*RemoteCommand=none .*LogLevel=ERROR LogVerbose=/);
  });

  it("keep a control path with spaces and percent signs whole", () => {
    expect(optionsFor({ controlPath: "/Application Support/100%/c" })).toContain('ControlPath="/Application Support/100%%/c"');
  });

  it("forbid questions exactly where none can be asked", () => {
    expect(optionsFor({})).not.toContain("BatchMode=yes");
    expect(optionsFor({ canAsk: false })).toContain("BatchMode=yes");
  });

  it("have a timeout of whole seconds, and never none", () => {
    expect(optionsFor({ connectTimeoutMs: 1 })).toContain("ConnectTimeout=1");
    expect(optionsFor({ connectTimeoutMs: 1_001 })).toContain("ConnectTimeout=2");
  });

  it("leave a person time to answer the jump host, which this ssh takes for a silent server", () => {
    expect(optionsFor({ hasProxy: true })).toContain("ConnectTimeout=130");
    expect(optionsFor({ hasProxy: true, canAsk: false })).toContain("ConnectTimeout=10");
  });
});
