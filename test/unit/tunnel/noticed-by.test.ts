import { expect, it } from "vitest";
import { noticedBy } from "../../../src/tunnel/noticed-by.js";

it.each([
  ["peer-closed", "socket"],
  ["connection-reset", "socket"],
  ["server-disconnected", "socket"],
  ["peer-silent", "keepalive"],
  ["forwarding-prohibited", "health"],
])("an outage by %s is noticed by the %s", (code, noticed) => {
  expect(noticedBy({ code })).toBe(noticed);
});
