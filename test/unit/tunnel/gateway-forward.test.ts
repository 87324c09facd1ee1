import { expect, it } from "vitest";
import { gatewayForward, gatewayUrl, remotePortOf } from "../../../src/tunnel/gateway-forward.js";
import { forwardStatus, tunnelStatus } from "../fixtures/tunnel-status.js";

it("takes the first local forward behind which a gateway is expected for the way to it", () => {
  const forwards = [
    forwardStatus({ service: "http" }),
    forwardStatus({ kind: "remote", service: "openclaw" }),
    forwardStatus({ service: "openclaw", bind: "127.0.0.1:28789" }),
    forwardStatus({ service: "openclaw", bind: "127.0.0.1:18790" }),
  ];
  const found = gatewayForward(tunnelStatus({ forwards }));
  expect(found && gatewayUrl(found)).toBe("ws://127.0.0.1:28789");
  expect(gatewayForward(tunnelStatus())).toBeUndefined();
});

it.each([
  ["127.0.0.1:18789", 18_789],
  ["[::1]:18789", 18_789],
  ["docker:gateway:8080", 8080],
  ["/run/gateway.sock", null],
  [null, null],
])("reads the gateway's own port from %s: %s", (to, port) => {
  expect(remotePortOf({ to })).toBe(port);
});
