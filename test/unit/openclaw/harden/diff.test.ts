import { describe, expect, it } from "vitest";
import { diffWithoutSecrets } from "../../../../src/openclaw/harden/diff.js";

const before = `// house
{
  gateway: {
    auth: { mode: "token", token: "s3cret" },
    remote: { 'password': 'hush', note: "pin 1234" },
    bind: "lan", // ghp_0123456789abcdef
    // the old password was hunter, token=tr0ub
    "env": {
      "X_PAT": "abc",
      list: [
        "swordfish",
      ],
  },
}
`;

describe("the change as it is shown", () => {
  it("is a unified diff of the one line", () => {
    expect(diffWithoutSecrets("/f", 'a\nbind: "lan"\nz\n', 'a\nbind: "loopback"\nz\n')).toEqual([
      "--- /f",
      "+++ /f",
      "@@ -1,4 +1,4 @@",
      " a",
      '-bind: "lan"',
      '+bind: "loopback"',
      " z",
      " ",
    ]);
  });

  it("shows no text but those that explain the change", () => {
    const shown = diffWithoutSecrets("/f", before, before.replace('"lan"', '"loopback"')).join("\n");
    expect(shown).toContain('bind: "loopback"');
    expect(shown).toContain('mode: "token"');
    for (const secret of ["s3cret", "hush", "1234", "ghp_0123456789abcdef", "abc", "tr0ub"]) expect(shown).not.toContain(secret);
  });

  it("shows the names, and no text of a list on their line", () => {
    const [, , , line] = diffWithoutSecrets("/f", '"bind": "lan", "list": ["swordfish"]', '"bind": "loopback", "list": ["swordfish"]');
    expect(line).toBe('-"bind": "lan", "list": ["…"]');
  });

  it("shows no text of a list", () => {
    expect(diffWithoutSecrets("/f", '[\n"swordfish",\n1]', '[\n"swordfish",\n2]').join("\n")).not.toContain("swordfish");
  });

  it("is empty for texts that are alike", () => {
    expect(diffWithoutSecrets("/f", before, before)).toEqual([]);
  });
});
