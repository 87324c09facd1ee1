import { describe, expect, it } from "vitest";
import { parseHop } from "../../../../src/ssh/resolve/hops.js";

describe("a jump host", () => {
  it("may be an address with a user in percents", () => {
    expect(parseHop("ssh://CORP%5Cme@box:2222")).toEqual({ user: "CORP\\me", host: "box", port: 2222 });
  });

  it.each([
    "$(touch x)@box",
    "ssh://%24%28touch%20x%29@box",
    "ssh://-oProxyCommand=x@box",
    "ssh://%2DoProxyCommand=x@box",
    "-oProxyCommand=x",
  ])("is not a command for a shell, nor an option: %s", (word) => {
    expect(() => parseHop(word)).toThrow(expect.objectContaining({ code: "ssh-config-invalid" }));
  });
});
