import { describe, expect, it } from "vitest";
import { beforeAll, recordsOf, type Snapshot } from "../../../../src/daemon/history/record-change.js";
import type { TunnelStatus } from "../../../../src/tunnel/status.js";
import { failureStatus, secretPrompt, since, tunnelStatus } from "../../fixtures/tunnel-status.js";

const nowMs = Date.parse(since) + 7;
const outage = {
  startedAt: "2026-01-02T03:04:01.000Z",
  endedAt: since,
  durationMs: 4_000,
  cause: "peer-silent",
  noticedBy: "keepalive",
} as const;
const connecting: Snapshot = { ...beforeAll, phase: "connecting", reason: "asked" };
const verified: Snapshot = { phase: "up", reason: "session-stands", health: "verified", renewal: null, lastOutage: null, prompt: null };
const records = (before: Snapshot, after: Partial<TunnelStatus>) => recordsOf(before, tunnelStatus(after), nowMs);

describe("a change of a tunnel", () => {
  it("of state is one record, at the time of the state, with its reason", () => {
    expect(records(beforeAll, { phase: "connecting", reason: "daemon-started", health: "unknown" })).toEqual([
      { at: since, type: "state", tunnel: "db", from: "stopped", to: "connecting", reason: "daemon-started", message: null },
    ]);
  });

  it("to a failure has its words, and the health that goes with the session is not told apart", () => {
    const failure = failureStatus("peer-silent", "no answer");
    expect(records(verified, { phase: "waiting", reason: "peer-silent", health: "unknown", failure })).toEqual([
      { at: since, type: "state", tunnel: "db", from: "up", to: "waiting", reason: "peer-silent", message: "no answer" },
    ]);
  });

  it("of the reason alone is one, too", () => {
    const changed = records(connecting, { phase: "connecting", reason: "restart-asked", health: "unknown" });
    expect(changed).toMatchObject([{ from: "connecting", to: "connecting", reason: "restart-asked" }]);
  });

  it("that ends an outage is told before the outage that it ends", () => {
    expect(records(connecting, { health: "unknown", lastOutage: outage })).toEqual([
      { at: since, type: "state", tunnel: "db", from: "connecting", to: "up", reason: "session-stands", message: null },
      { at: since, type: "outage", tunnel: "db", ...outage },
    ]);
  });

  it("does not tell the outage again that an earlier daemon had told", () => {
    const types = records({ ...connecting, lastOutage: outage }, { health: "unknown", lastOutage: { ...outage } }).map(({ type }) => type);
    expect(types).toEqual(["state"]);
  });

  it("of health is told while the session stands, with what is wrong", () => {
    const failure = failureStatus("service-refused", "nothing listens");
    expect(records({ ...verified, health: "unknown" }, {})).toMatchObject([
      { type: "health", from: "unknown", to: "verified", reason: null },
    ]);
    expect(records(verified, { health: "degraded", failure })).toEqual([
      {
        at: new Date(nowMs).toISOString(),
        type: "health",
        tunnel: "db",
        from: "verified",
        to: "degraded",
        reason: "service-refused",
        message: "nothing listens",
      },
    ]);
  });

  it.each([
    ["that took over", null, "renewed", null],
    ["that could not be opened", failureStatus("connection-refused", "nobody there"), "failed", "nobody there"],
  ] as const)("tells of a new session %s", (_what, failure, outcome, message) => {
    const renewing = { reason: "restart-asked", since, failure: null } as const;
    const renewal = failure === null ? null : { ...renewing, failure };
    expect(records({ ...verified, renewal: renewing }, { renewal })).toEqual([
      { at: new Date(nowMs).toISOString(), type: "renewal", tunnel: "db", reason: "restart-asked", outcome, message },
    ]);
  });

  it("tells of a question once, with what to do, and not of its end", () => {
    const asking = { phase: "connecting", reason: "asked", health: "unknown", prompt: secretPrompt } as const;
    expect(records(connecting, asking)).toEqual([
      {
        at: new Date(nowMs).toISOString(),
        type: "prompt",
        tunnel: "db",
        id: secretPrompt.id,
        kind: "secret",
        text: "Verification code:",
        hint: "Answer it in a terminal: `clawtunnel up db`.",
      },
    ]);
    expect(records({ ...connecting, prompt: secretPrompt }, asking)).toEqual([]);
    expect(records({ ...connecting, prompt: secretPrompt }, { ...asking, prompt: null })).toEqual([]);
  });

  it("tells of a doubt as a change of state, and of its end as another", () => {
    const doubt = { reason: "peer-doubted", since, failure: null } as const;
    expect(records(verified, { reason: "peer-doubted", renewal: doubt })).toMatchObject([
      { type: "state", from: "up", to: "up", reason: "peer-doubted", at: new Date(nowMs).toISOString() },
    ]);
    expect(records({ ...verified, reason: "peer-doubted", renewal: doubt }, {})).toMatchObject([
      { type: "state", from: "up", to: "up", reason: "session-stands" },
    ]);
  });

  it("of nothing that the history follows is no record", () => {
    expect(records(verified, { rttMs: 7, reconnects: 2 })).toEqual([]);
  });

  it("is told in few words, whatever a server says", () => {
    const failure = failureStatus("server-disconnected", "x".repeat(10_000));
    const [record] = records(verified, { phase: "waiting", reason: "server-disconnected", health: "unknown", failure });
    expect(JSON.stringify(record).length).toBeLessThan(600);
  });
});
