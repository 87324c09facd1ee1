import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HistoryRecord } from "../../src/api/history.js";
import { encodeRecord } from "../../src/daemon/history/codec.js";
import { HistoryFile } from "../../src/daemon/history/file.js";
import { History } from "../../src/daemon/history/history.js";
import { olderPath, readHistory, readRecent } from "../../src/daemon/history/reader.js";
import { summarize } from "../../src/daemon/history/summary.js";
import type { TunnelStatus } from "../../src/tunnel/status.js";
import { Cleanups } from "../support/cleanups.js";
import { wildLines } from "../unit/fixtures/history-lines.js";
import { HistoryScript, hour, iso, midnight, minute } from "../unit/fixtures/history-script.js";
import { failureStatus, tunnelStatus } from "../unit/fixtures/tunnel-status.js";

const isWindows = process.platform === "win32";

const cleanups = new Cleanups();
let path: string;
let failures: unknown[];
beforeEach(() => {
  path = join(cleanups.folder(), "history.jsonl");
  failures = [];
});
afterEach(cleanups.run);

function openFile(maxBytes?: { current: number; older: number }): HistoryFile {
  const file = new HistoryFile(path, (error) => failures.push(error), maxBytes);
  file.open();
  return file;
}

function appendAll(file: HistoryFile, records: readonly HistoryRecord[]): void {
  for (const record of records) file.append(record);
}

const life = () =>
  new HistoryScript().daemonStarts().start("db").open("db").verify("db").after(hour).lose("db").after(minute).retry("db").open("db");

describe("the history file", () => {
  it("has each record as one line, as soon as it is written, and its owner's alone", () => {
    const { records } = life();
    appendAll(openFile(), records);
    expect(readFileSync(path, "utf8")).toBe(records.map(encodeRecord).join(""));
    expect(readHistory(path)).toEqual(records);
    if (!isWindows) expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.skipIf(isWindows)("is narrowed when it was there with wider permissions", () => {
    writeFileSync(path, "", { mode: 0o644 });
    openFile();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("goes on behind a line that a crash has cut", () => {
    const { records } = life();
    appendAll(openFile(), records);
    truncateSync(path, statSync(path).size - 9);
    const [last] = records.slice(-1);
    if (last !== undefined) openFile().append(last);
    expect(readHistory(path)).toEqual(records);
    expect(failures).toEqual([]);
  });

  it("is read around damage in its middle", () => {
    const { records } = life();
    appendAll(openFile(), records.slice(0, 3));
    appendFileSync(path, '{"at":\nnot a record\n\n');
    appendAll(openFile(), records.slice(3));
    expect(readHistory(path)).toEqual(records);
  });

  it("knows when it was last touched, also when its end has to be mended", () => {
    appendAll(openFile(), life().records);
    appendFileSync(path, "half a li");
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    expect(new HistoryFile(path, (error) => failures.push(error)).open().aliveMs).toBe(1_700_000_000_000);
    openFile().touch(1_700_000_060_000);
    expect(new HistoryFile(path, (error) => failures.push(error)).open().aliveMs).toBe(1_700_000_060_000);
  });

  it("counts only with its end when it is far longer than a daemon lets it become, and is short again after the next record", () => {
    const { records } = life();
    const noise = `${encodeRecord({ at: iso(midnight), type: "daemon-stopped", why: "x".repeat(1_000) })}`;
    writeFileSync(path, noise.repeat(10_000) + records.map(encodeRecord).join(""));
    const recent = openFile().open().records;
    expect(recent.slice(-records.length)).toEqual(records);
    expect(recent.length).toBeLessThan(5_000);
    const [last] = records.slice(-1);
    if (last !== undefined) openFile().append(last);
    expect(statSync(path).size).toBeLessThan(1_000);
    expect(failures).toEqual([]);
  });

  it("is mended also when more damage was left at its end than is read at once", () => {
    const { records } = life();
    writeFileSync(path, `${records.map(encodeRecord).join("")}${"\0".repeat(9 * 1024 * 1024)}`);
    openFile();
    expect(readFileSync(path, "utf8")).toBe(records.map(encodeRecord).join(""));
  });

  it("is nothing before it is there", () => {
    expect(openFile().open()).toEqual({ records: [], aliveMs: null });
    openFile().touch(midnight);
    expect(readHistory(path)).toEqual([]);
    expect(failures).toEqual([]);
  });
});

describe("a full history file", () => {
  const maxBytes = { current: 8 * 1024, older: 16 * 1024 };
  const long = () => {
    const script = life();
    for (let count = 0; count < 300; count += 1)
      script.after(hour).lose("db").after(minute).retry("db").fail("db").retry("db").open("db").verify("db");
    return script;
  };

  it("makes room, stays bounded, and loses nothing that the uptime needs of the time that it covers", () => {
    const script = long();
    const file = openFile(maxBytes);
    for (const record of script.records) {
      file.append(record);
      expect(statSync(path).size).toBeLessThan(maxBytes.current + 1024);
      expect(statSync(olderPath(path), { throwIfNoEntry: false })?.size ?? 0).toBeLessThan(1.25 * maxBytes.older + maxBytes.current);
    }
    const context = { nowMs: script.nowMs, diedAtMs: null, outagesMax: 20 };
    const [whole] = summarize(script.records, context);
    const [kept] = summarize(readHistory(path), context);
    expect(kept?.uptime.day).toBe(whole?.uptime.day);
    expect(kept?.outages).toEqual(whole?.outages);
    if (!isWindows) expect(statSync(olderPath(path)).mode & 0o777).toBe(0o600);
    expect(failures).toEqual([]);
  });

  it("is followed by one that tells a new daemon how the tunnels stood, without the older one", () => {
    const script = long();
    appendAll(openFile(maxBytes), script.records);
    rmSync(olderPath(path));
    const [tunnel] = summarize(readRecent(path), { nowMs: script.nowMs, diedAtMs: null, outagesMax: 1 });
    const [whole] = summarize(script.records, { nowMs: script.nowMs, diedAtMs: null, outagesMax: 1 });
    expect(tunnel?.outages).toEqual(whole?.outages);
    expect(tunnel?.uptime.day).toBeGreaterThan(0);
  });

  it("counts no outage twice when a crash left its records in both files", () => {
    const script = long();
    const file = openFile({ ...maxBytes, older: 1_000_000 });
    let before = "";
    for (const record of script.records) {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      const text = size === 0 ? "" : readFileSync(path, "utf8");
      file.append(record);
      if (statSync(path).size < size) before = text;
    }
    const afterwards = readFileSync(path, "utf8");
    // As it was between the two writes: moved over, and still there.
    writeFileSync(path, before);
    const outages = readHistory(path).filter(({ type }) => type === "outage");
    expect(new Set(outages.map((record) => JSON.stringify(record))).size).toBe(outages.length);
    const counted = outages.length;
    // The next daemon moves the same records over again.
    const next = openFile({ ...maxBytes, older: 1_000_000 });
    next.append({ at: iso(script.nowMs), type: "daemon-stopped", why: "SIGTERM" });
    expect(readHistory(path).filter(({ type }) => type === "outage")).toHaveLength(counted);
    expect(counted + afterwards.split("\n").filter((line) => line.includes('"type":"outage"')).length).toBe(301);
  });
});

describe("a history that cannot be written", () => {
  it("is told once, throws nothing, and goes on when it can be again", () => {
    const { records } = life();
    const folder = join(path, "..");
    const file = openFile();
    renameSync(folder, `${folder}-moved`);
    writeFileSync(folder, "");
    appendAll(file, records);
    expect(failures).toHaveLength(1);
    rmSync(folder);
    renameSync(`${folder}-moved`, folder);
    appendAll(file, records);
    expect(readHistory(path)).toEqual(records);
    expect(failures).toHaveLength(1);
  });

  it.skipIf(isWindows)("because a link stands in its place leaves the link's target alone", () => {
    const target = join(path, "..", "target");
    writeFileSync(target, "precious");
    symlinkSync(target, path);
    appendAll(openFile(), life().records);
    expect(readFileSync(target, "utf8")).toBe("precious");
    expect(failures).toHaveLength(1);
  });

  it("because a folder stands in its place is no reason not to start", () => {
    mkdirSync(path);
    appendAll(openFile(), life().records);
    expect(failures).toHaveLength(1);
  });

  it("and cannot be read is not taken for an empty one", () => {
    mkdirSync(path);
    const unreadable = expect.objectContaining({ code: "history-unreadable", message: expect.stringContaining(path) });
    expect(() => openFile().read()).toThrow(unreadable);
    expect(() => readHistory(path)).toThrow(unreadable);
  });

  it("further, because there is no room to be made, stays bounded, and goes on when there is", () => {
    const maxBytes = { current: 2_048, older: 4_096 };
    const file = openFile(maxBytes);
    mkdirSync(olderPath(path));
    for (let count = 0; count < 50; count += 1) appendAll(file, life().records);
    expect(statSync(path).size).toBeLessThan(2 * maxBytes.current + 1024);
    expect(failures.length).toBeGreaterThan(0);
    rmSync(olderPath(path), { recursive: true });
    appendAll(file, life().records);
    expect(statSync(path).size).toBeLessThan(maxBytes.current);
    expect(readHistory(path).slice(-life().records.length)).toEqual(life().records);
  });
});

describe("the daemon's history", () => {
  let nowMs: number;
  let logged: string[];
  const quiet = () => {};
  const start = () =>
    new History({
      path,
      version: "1",
      nowMs: () => nowMs,
      log: { debug: quiet, info: quiet, warn: quiet, error: (_fields, sentence) => void logged.push(sentence) },
    });
  const status = (changes: Partial<TunnelStatus>) => tunnelStatus({ since: iso(nowMs), health: "unknown", ...changes });
  const up = () => status({ health: "verified" });
  const waiting = () => status({ phase: "waiting", reason: "peer-silent", failure: failureStatus("peer-silent", "no answer") });

  beforeEach(() => {
    // The file's own time is the system's, so that is what the clock begins with.
    nowMs = Date.now();
    logged = [];
  });

  it("tells who listens the very records that are in the file", () => {
    const history = start();
    const told: HistoryRecord[] = [];
    const forget = history.onRecord((record) => told.push(record));
    history.note(up());
    history.note(waiting());
    history.noteGap({ kind: "suspend", lengthMs: 60_000.4 });
    history.noteGap({ kind: "clock-step", lengthMs: -5_000 });
    forget();
    history.close("SIGTERM");
    expect(told.map(({ type }) => type)).toEqual(["state", "health", "state", "daemon-away"]);
    expect(history.read()).toMatchObject([
      { type: "daemon-started", lastAliveAt: null },
      ...told,
      { type: "daemon-stopped", why: "SIGTERM" },
    ]);
  });

  it("hands the last outage on to the next daemon, once", () => {
    const first = start();
    const lastOutage = {
      startedAt: iso(nowMs - 9),
      endedAt: iso(nowMs),
      durationMs: 9,
      cause: "peer-silent",
      noticedBy: "keepalive",
    } as const;
    first.note({ ...up(), lastOutage });
    first.close("SIGTERM");
    const second = start();
    expect(second.takePast("db")).toEqual({ reconnects: 0, lastOutage, openOutage: null });
    expect(second.takePast("db")).toBeUndefined();
    second.note({ ...up(), lastOutage });
    expect(second.read().filter(({ type }) => type === "outage")).toHaveLength(1);
    second.close("SIGTERM");
  });

  it("takes its own death for an outage of the tunnels that were up, since its last sign of life", () => {
    start().note(up());
    const diedMs = Math.floor(statSync(path).mtimeMs);
    nowMs = diedMs + 60_000;
    const next = start();
    expect(next.takePast("db")).toMatchObject({
      lastOutage: null,
      openOutage: { startedMs: diedMs, cause: "daemon-died", noticedBy: "daemon-start" },
    });
    expect(next.read().at(-1)).toMatchObject({ type: "daemon-started", lastAliveAt: iso(diedMs) });
    next.close("SIGTERM");
  });

  it("goes on with an outage in which it died, under its first cause", () => {
    const first = start();
    first.note(up());
    first.note(waiting());
    const lostMs = nowMs;
    nowMs += 60_000;
    expect(start().takePast("db")?.openOutage).toEqual({ startedMs: lostMs, cause: "peer-silent", noticedBy: "keepalive" });
  });

  it("has no outage after an end that was asked for", () => {
    const first = start();
    first.note(up());
    first.note(status({ phase: "stopped", reason: "shutdown" }));
    first.close("SIGTERM");
    nowMs += 60_000;
    expect(start().takePast("db")).toMatchObject({ lastOutage: null, openOutage: null });
  });

  it("begins, whatever well-formed lines it finds, and writes on behind them", () => {
    fc.assert(
      fc.property(wildLines, (lines) => {
        writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
        const history = start();
        history.close("SIGTERM");
        expect(history.read().slice(-2)).toMatchObject([{ type: "daemon-started" }, { type: "daemon-stopped" }]);
      }),
    );
    expect(logged).toEqual([]);
  });

  it("is told to be unwritable in the log once, and tells who listens all the same", () => {
    mkdirSync(path);
    const history = start();
    const told: string[] = [];
    history.onRecord(({ type }) => told.push(type));
    history.note(up());
    history.close("SIGTERM");
    expect(told).toEqual(["state", "health", "daemon-stopped"]);
    expect(logged).toEqual(["the history cannot be written; outages go unrecorded until it can"]);
  });
});
