import { describe, expect, it } from "vitest";
import type { StatusReport } from "../../../src/api/contract.js";
import { Failure } from "../../../src/base/failure.js";
import { plainStyle, type Style } from "../../../src/cli/output.js";
import { renderStatus, renderTunnel } from "../../../src/cli/render-status.js";
import type { TunnelStatus } from "../../../src/tunnel/status.js";
import { failureStatus, forwardStatus, secretPrompt, since, tunnelStatus } from "../fixtures/tunnel-status.js";

const nowMs = Date.parse(since) + 65_000;
const inMs = (ms: number) => new Date(nowMs + ms).toISOString();
const lines = (changes: Partial<TunnelStatus>) => renderTunnel(tunnelStatus(changes), nowMs, plainStyle);
const isIdle = { forwards: [forwardStatus({ health: { state: "unknown", detail: null, checkedAt: null, code: null } })] };

function report(tunnels: TunnelStatus[], daemon: Partial<StatusReport["daemon"]> = {}): StatusReport {
  return {
    apiVersion: 1,
    daemon: {
      pid: 1,
      version: "0.1.0",
      startedAt: since,
      service: "none",
      crypto: "native",
      socket: "/r/control.sock",
      config: { path: "/c/config.json", failure: null },
      log: { path: "/s/daemon.log", failure: null },
      state: { path: "/s/state.json", failure: null },
      ...daemon,
    },
    tunnels,
  };
}

describe("a tunnel as a person reads it", () => {
  it("names the engine when it is the system's ssh, and why when nobody asked for it", () => {
    expect(lines({ engine: "openssh", engineReason: "asked for" })[0]).toContain("(openssh");
    expect(lines({ engine: "openssh", engineReason: "PKCS11Provider" })).toContain("  by openssh: PKCS11Provider");
    expect(lines({}).join()).not.toContain("ssh2");
  });

  it("sends who would answer for a new session to `restart`, because `up` does nothing for one that stands", () => {
    const failure = { ...failureStatus("needs-answer", "nobody answered"), hint: "Answer it in a terminal: `clawtunnel up db`." };
    const text = lines({ renewal: { reason: "restart-asked", since, failure } }).join("\n");
    expect(text).toContain("Answer it in a terminal: `clawtunnel restart db`.");
  });

  it("says which of several targets it is, unless it is the preferred one, and why it is not back there", () => {
    const targets = ["me@lan", "me@box.ts.net", "me@vps"];
    expect(lines({ targets, targetIndex: 1 })[0]).toContain("(2nd of 3 targets)");
    expect(lines({ targets, targetIndex: 0 })[0]).not.toContain("targets");
    const failure = failureStatus("host-key-changed", "another machine");
    expect(lines({ renewal: { reason: "preferred-target", since, failure } })).toContain("  not back at a better target: another machine");
  });

  it("is one line and a line for each forward, when all is well", () => {
    expect(lines({ rttMs: 41.2, reconnects: 3 })).toEqual([
      "db  verified for 1 min 5 s  me@db.example.com:22  (41.2 ms, 3 reconnects)",
      "  127.0.0.1:5432 -> db.internal:5432  db.internal:5432 accepts connections",
    ]);
  });

  it.each<[string, Partial<TunnelStatus>]>([
    ["db  degraded for 1 min 5 s  ", { health: "degraded" }],
    ["db  up, not verified yet, for 1 min 5 s  ", { health: "unknown" }],
    ["db  connecting for 1 min 5 s  ", { phase: "connecting", health: "unknown" }],
    ["db  connecting (try 4) for 1 min 5 s  ", { phase: "connecting", health: "unknown", attempt: 3 }],
    ["db  waiting for 1 min 5 s  ", { phase: "waiting", health: "unknown", attempt: 3 }],
    ["db  held for 1 min 5 s  ", { phase: "held", health: "unknown" }],
    ["db  stopped for 1 min 5 s  ", { phase: "stopped", health: "unknown" }],
  ])("begins with %j", (head, changes) => {
    expect(lines(changes)[0]).toBe(`${head}me@db.example.com:22`);
  });

  it("says what a log-in asks, and how to answer", () => {
    expect(lines({ phase: "connecting", health: "unknown", prompt: secretPrompt }).slice(-2)).toEqual([
      "  asks: Verification code:",
      "  Answer it in a terminal: `clawtunnel up db`.",
    ]);
  });

  it("says what is to be done elsewhere", () => {
    const prompt = { id: "1", kind: "notice", text: "Confirm user presence for key" } as const;
    expect(lines({ phase: "connecting", health: "unknown", prompt })).toContain("  waits: Confirm user presence for key");
  });

  it("warns for ever of what is permitted and should not be", () => {
    const warnings = ["host keys are not checked (StrictHostKeyChecking no)"];
    expect(lines({ warnings })).toContain("  warning: host keys are not checked (StrictHostKeyChecking no)");
    expect(lines({ warnings, phase: "stopped" })).toContain("  warning: host keys are not checked (StrictHostKeyChecking no)");
  });

  it("never calls a tunnel verified that is not up", () => {
    expect(lines({ phase: "waiting", health: "verified" })[0]).not.toContain("verified");
  });

  it("says how one reconnect differs from two, and what is not saved", () => {
    expect(lines({ reconnects: 1, saved: false })[0]).toContain("  (1 reconnect, not saved)");
  });

  it("says why it waits and when it tries again", () => {
    const failure = failureStatus("connection-refused", "me@db.example.com:22: nothing listens on that port");
    const changes = { phase: "waiting", health: "unknown", failure, nextRetryAt: inMs(2_500), ...isIdle } as const;
    expect(lines(changes)).toEqual([
      "db  waiting for 1 min 5 s  me@db.example.com:22",
      "  127.0.0.1:5432 -> db.internal:5432",
      "  me@db.example.com:22: nothing listens on that port",
      "  Check that sshd runs on the server and that the port is right.",
      "  next try in 2 s",
    ]);
  });

  const times = (nextUpAt: string | null) => ({ nextUpAt, nextDownAt: inMs(1_000), nextRenewAt: null });

  it.each<[string, Partial<TunnelStatus>, RegExp | undefined]>([
    [
      "who keeps it down and until when",
      { reason: "schedule", schedule: times(inMs(11 * 3_600_000)) },
      /^ {2}down by its schedule; up at \d\d:\d\d \(in 11 h\)$/,
    ],
    [
      "what to do when the schedule only closes",
      { reason: "schedule", schedule: times(null) },
      /^ {2}down by its schedule; open it: clawtunnel up db$/,
    ],
    [
      "when a schedule will undo a down",
      { reason: "asked", schedule: times(inMs(60_000)) },
      /^ {2}its schedule opens it at \d\d:\d\d \(in 1 min\)$/,
    ],
    ["nothing more of a tunnel that stays down", { reason: "asked", schedule: null }, undefined],
    ["nothing more of one that is only ever closed by its schedule", { reason: "asked", schedule: times(null) }, undefined],
  ])("says of one that is stopped %s", (_, changes, line) => {
    const [, , ...rest] = lines({ phase: "stopped", health: "unknown", ...isIdle, ...changes });
    expect(rest).toEqual(line === undefined ? [] : [expect.stringMatching(line)]);
  });

  it("says nothing of the schedule of one that is up", () => {
    expect(lines({ schedule: times(inMs(1_000)) })).toEqual(lines({}));
  });

  it("promises no try in the past", () => {
    expect(lines({ phase: "waiting", nextRetryAt: inMs(-3_000) })).toContain("  next try in 0 ms");
  });

  it("tells what a degraded tunnel's service did once, beside its forward, and then the next step", () => {
    const failure = failureStatus("service-refused", "nothing listens on db.internal:5432 of the server");
    const health = { state: "failing", detail: failure.message, checkedAt: null, code: null } as const;
    const text = lines({ health: "degraded", failure, forwards: [forwardStatus({ health })] }).join("\n");
    expect(text.split(failure.message)).toHaveLength(2);
    expect(text).toContain(failure.hint);
  });

  it("shows who waits, who is connected, and an address that is not held", () => {
    const forward = forwardStatus({ listening: false, connections: { open: 2, total: 9, waiting: 1 } });
    expect(lines({ forwards: [forward] })[1]).toMatch(/accepts connections, not listening, 2 open, 1 waiting$/);
  });

  it.each([
    [{ kind: "local", url: "/run/a.sock", to: "/run/b.sock" } as const, "  /run/a.sock -> /run/b.sock  "],
    [{ kind: "remote", url: "localhost:9000", to: "127.0.0.1:3000" } as const, "  localhost:9000 on the server -> 127.0.0.1:3000 here  "],
    [{ kind: "dynamic", url: "socks5://127.0.0.1:1080", to: null } as const, "  socks5://127.0.0.1:1080 -> wherever the server reaches  "],
  ])("says on which side a forward listens, and where it leads: %j", (changes, way) => {
    expect(lines({ forwards: [forwardStatus(changes)] })[1]).toMatch(new RegExp(`^${way}`));
  });

  it("shows a forward's warning for as long as it has one", () => {
    const forward = forwardStatus({ warning: "0.0.0.0:80 is open to other machines (allowLan)" });
    expect(lines({ forwards: [forward] })).toContain("  warning: 0.0.0.0:80 is open to other machines (allowLan)");
  });
});

describe("the whole status", () => {
  it("says what to do when there is no tunnel", () => {
    expect(renderStatus(report([]), nowMs, plainStyle)).toBe("no tunnels yet; open one with: clawtunnel up user@host");
  });

  it("says that an edit of the config is not in force, and the next step", () => {
    const failure = new Failure("config-invalid", "/c/config.json has a problem:\n  nope: is not a setting of clawtunnel").report();
    const text = renderStatus(report([tunnelStatus()], { config: { path: "/c/config.json", failure } }), nowMs, plainStyle);
    expect(text).toContain("config not in force: /c/config.json has a problem:");
    expect(text).toContain(failure.hint);
  });

  it("says that the log cannot be written, and where", () => {
    const text = renderStatus(report([], { log: { path: "/s/daemon.log", failure: "ENOSPC" } }), nowMs, plainStyle);
    expect(text).toContain("the log cannot be written: ENOSPC (/s/daemon.log)");
  });

  it("says that a new daemon would not know what is down, and why", () => {
    const text = renderStatus(report([], { state: { path: "/s/state.json", failure: "ENOSPC" } }), nowMs, plainStyle);
    expect(text).toContain("what was asked up and down cannot be written, and a new daemon would not know it: ENOSPC (/s/state.json)");
  });

  it("says why bulk transfers are slow, where they are", () => {
    expect(renderStatus(report([], { crypto: "javascript" }), nowMs, plainStyle)).toContain("npm rebuild ssh2");
    expect(renderStatus(report([]), nowMs, plainStyle)).not.toContain("npm rebuild ssh2");
  });
});

describe("colour", () => {
  const failure = failureStatus("auth-rejected", "the server refused the key");
  const everyKind = [
    tunnelStatus({ rttMs: 1 }),
    tunnelStatus({ health: "degraded", forwards: [forwardStatus({ warning: "careful" })] }),
    tunnelStatus({ phase: "held", health: "unknown", failure }),
    tunnelStatus({ phase: "waiting", health: "unknown", failure, nextRetryAt: inMs(1) }),
    tunnelStatus({ phase: "connecting", health: "unknown" }),
    tunnelStatus({ phase: "stopped", health: "unknown" }),
  ];
  const everything = report(everyKind, {
    crypto: "javascript",
    config: { path: "/c", failure },
    log: { path: "/l", failure: "EACCES" },
    state: { path: "/s", failure: "EACCES" },
  });

  it("is nowhere in the plain style", () => {
    expect(renderStatus(everything, nowMs, plainStyle)).not.toContain("\u001b");
  });

  it("adds nothing that the words do not say", () => {
    const dye = (text: string) => `\u001b[1m${text}\u001b[22m`;
    const colourful: Style = { good: dye, bad: dye, soft: dye, strong: dye };
    const text = renderStatus(everything, nowMs, colourful);
    expect(text).toContain("\u001b");
    expect(text.replaceAll("\u001b[1m", "").replaceAll("\u001b[22m", "")).toBe(renderStatus(everything, nowMs, plainStyle));
  });

  it("is good only for what is verified, and bad for what does not work now", () => {
    const marked: Style = { ...plainStyle, good: (text) => `<good ${text}>`, bad: (text) => `<bad ${text}>` };
    const heads = everyKind.map((tunnel) => renderTunnel(tunnel, nowMs, marked)[0]?.split(" for ")[0]);
    expect(heads).toEqual([
      "db  <good verified>",
      "db  <bad degraded>",
      "db  <bad held>",
      "db  <bad waiting>",
      "db  connecting",
      "db  stopped",
    ]);
  });
});
