import { expect, it } from "vitest";
import { clientAdvice } from "../../../src/cli/client-advice.js";
import { forwardStatus } from "../fixtures/tunnel-status.js";

const advice = (to: string, saved = true) => clientAdvice({ name: "openclaw", saved }, forwardStatus({ bind: "127.0.0.1:28789", to }));

it("tells the commands that point a client at the tunnel, and the one that does it all", () => {
  expect(advice("127.0.0.1:28789")).toEqual([
    "to use it from the openclaw of this machine:",
    "  openclaw config set gateway.mode remote",
    "  openclaw config set gateway.remote.url ws://127.0.0.1:28789",
    "or have it done, and followed when the port moves: clawtunnel up openclaw --configure-client",
  ]);
});

it("tells the gateway's own port where it is another one", () => {
  expect(advice("127.0.0.1:18789")).toContain("  openclaw config set gateway.remote.remotePort 18789");
});

it("does not promise to follow a tunnel that is not saved", () => {
  expect(advice("127.0.0.1:18789", false).join()).not.toContain("--configure-client");
});
