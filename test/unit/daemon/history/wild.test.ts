import fc from "fast-check";
import { expect, it } from "vitest";
import { plainStyle } from "../../../../src/cli/output.js";
import { renderHistory } from "../../../../src/cli/render-history.js";
import { checkpointOf } from "../../../../src/daemon/history/checkpoint.js";
import { decodeLine, encodeRecord } from "../../../../src/daemon/history/codec.js";
import { compact, keepLast } from "../../../../src/daemon/history/compact.js";
import { replay } from "../../../../src/daemon/history/replay.js";
import { reportHistory } from "../../../../src/daemon/history/report.js";
import { noPast, remember } from "../../../../src/tunnel/outage.js";
import { wildLines } from "../../fixtures/history-lines.js";
import { midnight } from "../../fixtures/history-script.js";

const nowMs = midnight + 1_000;

it("is made sense of in some way, whatever well-formed lines it holds", () => {
  fc.assert(
    fc.property(wildLines, fc.constantFrom(null, 0, nowMs), (lines, diedAtMs) => {
      const records = lines.map(decodeLine).filter((record) => record !== undefined);
      for (const { openOutage } of replay(records, nowMs, diedAtMs).tunnels.values()) {
        // As when the tunnel comes up in the next daemon.
        const up = { phase: "up", sinceMs: nowMs, failures: 0, isProven: true, isDoubted: false, renewal: null } as const;
        const connecting = { phase: "connecting", sinceMs: 0, reason: "asked", failures: 0, failure: null } as const;
        remember({ ...noPast, openOutage }, connecting, up);
      }
      const kept = keepLast(compact([checkpointOf(records, nowMs), ...records]), 500);
      expect(kept.map(encodeRecord).map((line) => decodeLine(line.trimEnd()))).toEqual(kept);
      const report = reportHistory(records, { tunnel: undefined, existing: ["a"], outagesMax: 10, nowMs, diedAtMs });
      expect(renderHistory(report, nowMs, plainStyle)).toContain("a  ");
    }),
  );
});
