import { describe, expect, it } from "vitest";
import { patienceFor } from "../../../../src/tunnel/silence/patience.js";

const policy = { intervalMs: 5_000, countMax: 2, replyTimeoutMs: 1_500 };
const KiB = 1024;

describe("how long a peer may be silent", () => {
  it.each([
    ["a keepalive of a near peer", "routine", 20, 0, { doubtMs: 1_500, giveUpMs: 3_000 }],
    ["a suspected peer that is near", "suspected", 20, 0, { doubtMs: 300, giveUpMs: 1_000 }],
    ["a suspected peer that is far", "suspected", 600, 0, { doubtMs: 1_800, giveUpMs: 2_400 }],
    ["after a sleep, as long as a keepalive, but doubted soon", "hurried", 20, 0, { doubtMs: 300, giveUpMs: 3_000 }],
    ["a keepalive of a peer behind a satellite", "routine", 1_200, 0, { doubtMs: 3_600, giveUpMs: 4_800 }],
    ["a round trip that was spent in a queue", "suspected", 60_000, 0, { doubtMs: 4_500, giveUpMs: 6_000 }],
    ["an upload of which a little is on its way", "suspected", 20, 32 * KiB, { doubtMs: 1_300, giveUpMs: 2_000 }],
    ["an upload that fills every window", "suspected", 20, 8 * KiB * KiB, { doubtMs: 8_300, giveUpMs: 9_000 }],
  ] as const)("%s", (_what, reason, rttMs, onTheWayBytes, expected) => {
    expect(patienceFor(policy, reason, rttMs, onTheWayBytes)).toEqual(expected);
  });
});
