import { describe, expect, it } from "vitest";
import { type ClientFacts, diagnoseMachine } from "../../../../src/cli/doctor/judge-machine.js";

const client: ClientFacts = { path: "/c.json", exists: true, failure: null, mode: "remote", url: "ws://127.0.0.1:18789", port: null };

function judge(changes: Partial<ClientFacts>, gatewayBinds: readonly string[] = ["127.0.0.1:18789"]) {
  return diagnoseMachine({ nodeVersion: "v22.1.0", hasNativeCrypto: true, client: { ...client, ...changes }, gatewayBinds }).at(-1);
}

describe("the openclaw of this machine", () => {
  it.each([
    ["points at the tunnel", {}, "ok", null],
    ["points at it by name", { url: "ws://localhost:18789" }, "ok", null],
    ["has a gateway of its own", { mode: "local" }, "unknown", "client-local"],
    ["says nothing of a gateway", { mode: null, url: null }, "unknown", "client-local"],
    ["points elsewhere", { url: "wss://gateway.example.com" }, "unknown", "client-elsewhere"],
    ["points at another port", { url: "ws://127.0.0.1:28789" }, "unknown", "client-elsewhere"],
    ["is not there", { exists: false }, "ok", null],
  ] as const)("that %s", (_what, changes, state, code) => {
    expect(judge(changes)).toMatchObject({ state, code });
  });

  it("is told that its gateway status looks at another port than the tunnel's", () => {
    expect(judge({ url: "ws://127.0.0.1:28789" }, ["127.0.0.1:28789"])?.seen).toContain("looks at port 18789 all the same");
    expect(judge({ url: "ws://127.0.0.1:28789", port: 28_789 }, ["127.0.0.1:28789"])?.seen).not.toContain("all the same");
  });

  it("keeps what its address has of secrets to itself", () => {
    expect(judge({ url: "ws://me:hush@gateway.example.com/?token=hush" })?.seen).not.toContain("hush");
  });

  it("is nobody's business where no tunnel leads to a gateway", () => {
    expect(judge({ mode: "local" }, [])).toMatchObject({ state: "not-looked-at" });
  });
});

describe("what it runs on", () => {
  it("warns of a node that is too old and of crypto that is slow", () => {
    const found = diagnoseMachine({ nodeVersion: "v18.0.0", hasNativeCrypto: false, client, gatewayBinds: [] });
    expect(found.filter(({ state }) => state === "warning").map(({ code }) => code)).toEqual(["node-old", "crypto-missing"]);
  });
});
