import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  describeKey,
  formatKnownHostsLine,
  hasHostKey,
  hostPattern,
  judgeHostKey,
  knownKeyTypes,
  parseKnownHosts,
} from "../../../../src/ssh/host-keys/known-hosts.js";
import { string } from "../../../../src/ssh/wire.js";

const keyOf = (keyType: string, content: string) => Buffer.concat([string(keyType), string(content)]);
const ed25519 = keyOf("ssh-ed25519", "first");
const otherEd25519 = keyOf("ssh-ed25519", "second");
const rsa = keyOf("ssh-rsa", "third");
const ecdsa = keyOf("ecdsa-sha2-nistp256", "fourth");

function entry(hosts: string, key: Buffer): string {
  const { keyType, keyBase64 } = describeKey(key);
  return `${hosts} ${keyType} ${keyBase64}`;
}

const read = (...lines: string[]) => parseKnownHosts(lines.join("\n"), "known_hosts");
const judge = (lines: string[], host: string, port: number, key: Buffer) => judgeHostKey(read(...lines), host, port, key);

describe("reading known_hosts", () => {
  it("tells where each line stands, with its marker and patterns", () => {
    const lines = parseKnownHosts(["# mine", "", `@revoked\t${entry("a,!b", rsa)} a comment`, ` ${entry("c", ed25519)}`].join("\n"), "/k");
    expect(lines).toEqual([
      { path: "/k", line: 3, marker: "revoked", patterns: ["a", "!b"], keyType: "ssh-rsa", keyBase64: rsa.toString("base64") },
      { path: "/k", line: 4, marker: null, patterns: ["c"], keyType: "ssh-ed25519", keyBase64: ed25519.toString("base64") },
    ]);
  });

  it("reads a file with Windows line ends as the same file", () => {
    const text = `${entry("a", rsa)}\n\n${entry("b", ed25519)}\n`;
    expect(parseKnownHosts(text.replaceAll("\n", "\r\n"), "k")).toEqual(parseKnownHosts(text, "k"));
  });

  it.each([
    ["has no key", "host ssh-rsa"],
    ["has only a name", "host"],
    ["has an unknown marker", `@trusted ${entry("host", rsa)}`],
    ["has two markers", `@revoked @cert-authority ${entry("host", rsa)}`],
    ["has a key that is not base64", "host ssh-rsa AAAA*AAA"],
    ["has a key that was cut off", entry("host", rsa).slice(0, -6)],
    ["says another type than its key has", `host ssh-dss ${rsa.toString("base64")}`],
  ])("skips a line that %s and keeps its neighbours", (_, broken) => {
    expect(read(entry("a", rsa), broken, entry("b", rsa)).map((line) => line.line)).toEqual([1, 3]);
  });
});

describe("the name of a server", () => {
  it("has brackets and a port only when the port is not 22", () => {
    expect(hostPattern("DB.example.com", 22)).toBe("db.example.com");
    expect(hostPattern("DB.example.com", 2222)).toBe("[db.example.com]:2222");
    expect(hostPattern("::1", 22)).toBe("::1");
    expect(hostPattern("::1", 2222)).toBe("[::1]:2222");
  });

  it.each([
    ["db.example.com", true],
    ["DB.Example.Com", true],
    ["web,db.example.com", true],
    ["*.example.com", true],
    ["db?example?com", true],
    ["*", true],
    ["example.com", false],
    ["?.example.com", false],
    ["*.example.com,!db.example.com", false],
    ["!DB.*,*.example.com", false],
    ["!web.example.com", false],
    ["[db.example.com]:2222", false],
  ])("written as %s speaks for db.example.com: %s", (hosts, isKnown) => {
    expect(judge([entry(hosts, rsa)], "db.example.com", 22, rsa).kind).toBe(isKnown ? "known" : "unknown");
  });

  it("is matched together with its port, in which brackets are plain characters", () => {
    expect(judge([entry("[*.example.com]:2222", rsa)], "db.example.com", 2222, rsa).kind).toBe("known");
    expect(judge([entry("[*.example.com]:2222", rsa)], "db.example.com", 2223, rsa).kind).toBe("unknown");
    expect(judge([entry("[d]b.example.com", rsa)], "db.example.com", 22, rsa).kind).toBe("unknown");
  });

  it("may be hashed by ssh-keygen -H", () => {
    const hashed = "|1|fSIee1qfvPuBLa4HJ+5TqXeBUew=|fdhErmYbsyHCom4oqRafCCamZm8=";
    expect(judge([entry(hashed, rsa)], "DB.example.com", 2222, rsa).kind).toBe("known");
    expect(judge([entry(hashed, rsa)], "db.example.com", 22, rsa).kind).toBe("unknown");
    expect(judge([entry(`${hashed},other`, rsa)], "other", 22, rsa).kind).toBe("unknown");
  });

  it("hashed with a salt of another length than ssh writes speaks for nobody", () => {
    const withSalt = (salt: Buffer) =>
      entry(`|1|${salt.toString("base64")}|${createHmac("sha1", salt).update("db").digest("base64")}`, rsa);
    expect(judge([withSalt(Buffer.alloc(20))], "db", 22, rsa).kind).toBe("known");
    expect(judge([withSalt(Buffer.alloc(3))], "db", 22, rsa).kind).toBe("unknown");
  });
});

describe("judging a host key", () => {
  it("knows a key that any line of the host has, also beside other keys", () => {
    expect(judge([entry("h", rsa), entry("h", otherEd25519), entry("h", ed25519)], "h", 22, ed25519)).toEqual({ kind: "known" });
  });

  it("calls a host without a line unknown, also when its key is known under another name", () => {
    expect(judge([entry("other", rsa)], "h", 22, rsa)).toEqual({ kind: "unknown" });
  });

  it("names the old line of the same type when the key changed", () => {
    const lines = [entry("h", rsa), entry("h", otherEd25519)];
    expect(judge(lines, "h", 22, ed25519)).toMatchObject({ kind: "changed", path: "known_hosts", line: 2, keyType: "ssh-ed25519" });
  });

  it("takes a key of a type never seen for a changed key, not for an unknown one", () => {
    const lines = [entry("h", rsa), entry("h", otherEd25519)];
    expect(judge(lines, "h", 22, ecdsa)).toMatchObject({ kind: "changed", path: "known_hosts", line: 1, keyType: "ssh-rsa" });
  });

  it("refuses a revoked key wherever the revocation stands", () => {
    const line = fc.constantFrom(entry("h", rsa), entry("*", ed25519), `@cert-authority ${entry("h", rsa)}`, "# nothing");
    fc.assert(
      fc.property(fc.array(line), fc.array(line), fc.constantFrom(22, 2222), (before, after, port) => {
        const lines = [...before, `@revoked ${entry("*", rsa)}`, ...after];
        expect(judge(lines, "h", port, rsa)).toEqual({ kind: "revoked", path: "known_hosts", line: before.length + 1 });
      }),
    );
  });

  it("lets a revocation concern only its own key and its own hosts", () => {
    expect(judge([`@revoked ${entry("h", rsa)}`], "h", 22, ed25519).kind).toBe("unknown");
    expect(judge([`@revoked ${entry("other", rsa)}`, entry("h", rsa)], "h", 22, rsa).kind).toBe("known");
  });

  it("never takes an authority's key for the host's own", () => {
    const authority = `@cert-authority ${entry("*.example.com", rsa)}`;
    expect(judge([authority], "db.example.com", 22, rsa)).toEqual({ kind: "needs-authority", path: "known_hosts", line: 1 });
    expect(judge([authority, entry("db.example.com", ed25519)], "db.example.com", 22, ed25519).kind).toBe("known");
    expect(judge([authority, entry("db.example.com", ed25519)], "db.example.com", 22, rsa).kind).toBe("changed");
  });

  it("calls something that is not a key unknown, and changed where a key is known", () => {
    expect(judge([], "h", 22, Buffer.from("x")).kind).toBe("unknown");
    expect(judge([entry("h", rsa)], "h", 22, Buffer.from("x")).kind).toBe("changed");
  });
});

describe("judging a host key on another port", () => {
  it("trusts the host's key from port 22, as ssh does", () => {
    expect(judge([entry("h", rsa)], "h", 2222, rsa).kind).toBe("known");
  });

  it("does not trust the key of another port on port 22", () => {
    expect(judge([entry("[h]:2222", rsa)], "h", 22, rsa).kind).toBe("unknown");
  });

  it("takes another key than that of port 22 for unknown, not for changed", () => {
    expect(judge([entry("h", rsa)], "h", 2222, ed25519).kind).toBe("unknown");
  });

  it("does not let the key of port 22 excuse a changed key", () => {
    expect(judge([entry("h", rsa), entry("[h]:2222", ed25519)], "h", 2222, rsa).kind).toBe("changed");
  });

  it("refuses a key that is revoked for port 22", () => {
    expect(judge([`@revoked ${entry("h", rsa)}`], "h", 2222, rsa)).toEqual({ kind: "revoked", path: "known_hosts", line: 1 });
  });

  it("finds the authority under either name", () => {
    expect(judge([`@cert-authority ${entry("h", rsa)}`], "h", 2222, ed25519).kind).toBe("needs-authority");
    expect(judge([`@cert-authority ${entry("[h]:2222", rsa)}`], "h", 2222, ed25519).kind).toBe("needs-authority");
  });
});

describe("the key types to ask for first", () => {
  it("are those of the host's own lines, once each and in file order", () => {
    const lines = read(
      entry("h", rsa),
      `@cert-authority ${entry("h", ecdsa)}`,
      entry("h", ed25519),
      entry("h", otherEd25519),
      entry("o", ecdsa),
    );
    expect(knownKeyTypes(lines, "h", 22)).toEqual(["ssh-rsa", "ssh-ed25519"]);
    expect(knownKeyTypes(lines, "h", 2222)).toEqual([]);
  });

  it("leave out a type whose only key is revoked", () => {
    expect(knownKeyTypes(read(entry("h", rsa), entry("h", ed25519), `@revoked ${entry("*", rsa)}`), "h", 22)).toEqual(["ssh-ed25519"]);
  });
});

describe("describing a key", () => {
  it("gives the fingerprint that GitHub publishes for its key", () => {
    const keyBase64 = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    expect(describeKey(Buffer.from(keyBase64, "base64"))).toEqual({
      keyType: "ssh-ed25519",
      keyBase64,
      fingerprint: "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",
    });
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["a length without a string", Buffer.from([0, 0, 0, 9, 0x61])],
    ["a type that would forge a second line", keyOf("ssh-rsa\nbank ssh-rsa", "x")],
    ["a type with a space", keyOf("ssh rsa", "x")],
    ["an empty type", keyOf("", "x")],
  ])("refuses %s", (_, key) => {
    expect(() => describeKey(key)).toThrow(expect.objectContaining({ code: "not-ssh" }));
  });
});

describe("a line for an accepted key", () => {
  const key = { hostPattern: hostPattern("DB", 2222), ...describeKey(ed25519), knownHostsFile: "/known", isHashed: false };

  it("is read back as a known key of that server alone", () => {
    const lines = read(formatKnownHostsLine(key));
    expect(judgeHostKey(lines, "db", 2222, ed25519).kind).toBe("known");
    expect(judgeHostKey(lines, "db", 22, ed25519).kind).toBe("unknown");
  });

  it("is there already only when the same key is trusted under the same name", () => {
    expect(hasHostKey(read(entry("x,[db]:2222", ed25519)), key)).toBe(true);
    expect(hasHostKey(read(entry("[db]:2222", otherEd25519)), key)).toBe(false);
    expect(hasHostKey(read(entry("db", ed25519)), key)).toBe(false);
    expect(hasHostKey(read(`@cert-authority ${entry("[db]:2222", ed25519)}`), key)).toBe(false);
  });
});
