import { expect, it } from "vitest";
import { defaultGatewayPort } from "../../../src/config/gateway-port.js";

/** As openclaw 2026.9.6 itself answers (dist/paths, resolveGatewayPort with OPENCLAW_PROFILE). */
it.each([
  [null, 18_789],
  ["work", 41_984],
  ["Staging_2", 36_971],
])("the gateway of the profile %s listens at %i, unless told otherwise", (profile, port) => {
  expect(defaultGatewayPort(profile)).toBe(port);
});
