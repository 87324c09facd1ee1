import { expect, it } from "vitest";
import { accountAt } from "../../../src/ssh/host-config.js";
import { someHost } from "../fixtures/host.js";

it("an account is of the machine that is meant, though many have the same address", () => {
  const local = { ...someHost, server: { user: "me", host: "localhost", port: 22 }, hostKeyAlias: null };
  expect(accountAt({ ...local, proxyCommand: null })).toBe("me@localhost:22");
  expect(accountAt({ ...local, alias: "one", proxyCommand: "reach one" })).toBe("me@one:22");
  expect(accountAt({ ...local, alias: "one", proxyCommand: "reach one", hostKeyAlias: "box" })).toBe("me@box:22");
});
