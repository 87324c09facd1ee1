import { expect, it } from "vitest";
import { noticedBy } from "../../../../src/tunnel/noticed-by.js";
import type { AskReason } from "../../../../src/tunnel/silence/patience.js";
import { PeerSilent } from "../../../../src/tunnel/silence/peer-silent.js";

it.each<[AskReason, string]>([
  ["routine", "keepalive"],
  ["suspected", "probe"],
  ["hurried", "probe"],
])("a silence after a question that was %s is noticed by the %s, and heals by itself", (asked, noticed) => {
  const failure = new PeerSilent("the server answered nothing", asked);
  expect(failure).toMatchObject({ code: "peer-silent", recovery: "retry" });
  expect(noticedBy(failure)).toBe(noticed);
});
