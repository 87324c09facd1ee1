import { expect, it } from "vitest";
import { accountAt } from "../../../src/ssh/host-config.js";
import { hostConfig } from "../fixtures/host-config.js";

it("an account is of the machine that is meant, though many have the same address", () => {
  expect(accountAt(hostConfig("10.0.0.5", 2222))).toBe("me@10.0.0.5:2222");
  const [one, other] = ["one", "other"].map((alias) => hostConfig("localhost", 22, { alias, proxyCommand: `reach ${alias}` }));
  expect([one, other].map((host) => host && accountAt(host))).toEqual(["me@one:22", "me@other:22"]);
  expect(accountAt(hostConfig("localhost", 22, { alias: "one", proxyCommand: "reach one", hostKeyAlias: "box" }))).toBe("me@box:22");
});
