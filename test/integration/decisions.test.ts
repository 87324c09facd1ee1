import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Decisions } from "../../src/daemon/timetable/decisions.js";
import { Cleanups } from "../support/cleanups.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

const nowMs = 1_000_000;
const refuse = (error: unknown) => {
  throw error;
};

function stateFile(text?: string): string {
  const path = join(cleanups.folder(), "state.json");
  if (text !== undefined) writeFileSync(path, text);
  return path;
}

const read = (text: string, name = "db") => new Decisions(stateFile(text), refuse).get(name, nowMs);

describe("what was decided", () => {
  it("is there again for the next daemon, until it is forgotten", () => {
    const path = stateFile();
    const first = new Decisions(path, refuse);
    first.set("db", { wanted: "down", atMs: 5 });
    first.set("web", { wanted: "up", atMs: 6 });

    const second = new Decisions(path, refuse);
    expect([second.get("db", nowMs), second.get("web", nowMs)]).toEqual([
      { wanted: "down", atMs: 5 },
      { wanted: "up", atMs: 6 },
    ]);
    second.forget("db");

    const third = new Decisions(path, refuse);
    expect([third.get("db", nowMs), third.get("web", nowMs)]).toEqual([undefined, { wanted: "up", atMs: 6 }]);
  });

  it("counts from now on when it lies in the future, and stays at that", () => {
    const path = stateFile();
    const decisions = new Decisions(path, refuse);
    decisions.set("db", { wanted: "down", atMs: nowMs + 5_000 });
    expect(decisions.get("db", nowMs)).toEqual({ wanted: "down", atMs: nowMs });
    expect(decisions.get("db", nowMs + 9_000)).toEqual({ wanted: "down", atMs: nowMs });
    expect(new Decisions(path, refuse).get("db", nowMs + 9_000)).toEqual({ wanted: "down", atMs: nowMs });
  });

  it("may have a name that objects have of themselves", () => {
    const path = stateFile();
    new Decisions(path, refuse).set("toString", { wanted: "down", atMs: 5 });
    expect(new Decisions(path, refuse).get("toString", nowMs)).toEqual({ wanted: "down", atMs: 5 });
    expect(new Decisions(path, refuse).get("valueOf", nowMs)).toBeUndefined();
  });

  it("holds though it cannot be written, which is told", () => {
    const path = stateFile();
    mkdirSync(path);
    const told: unknown[] = [];
    const decisions = new Decisions(path, (error) => told.push(error));
    decisions.set("db", { wanted: "down", atMs: 5 });
    expect(told).toHaveLength(1);
    expect(decisions.get("db", nowMs)).toEqual({ wanted: "down", atMs: 5 });
  });

  it("is tried again when it could not be written, and told once", () => {
    const path = stateFile();
    mkdirSync(path);
    const told: unknown[] = [];
    const decisions = new Decisions(path, (error) => told.push(error));
    expect(decisions.settle()).toBeNull();
    decisions.set("db", { wanted: "down", atMs: 5 });
    expect(decisions.settle()).toContain("state.json");
    rmdirSync(path);
    expect(decisions.settle()).toBeNull();
    expect(told).toHaveLength(1);
    expect(new Decisions(path, refuse).get("db", nowMs)).toEqual({ wanted: "down", atMs: 5 });
  });
});

describe("the file of decisions", () => {
  it.each([
    "",
    "no JSON",
    "null",
    "[]",
    "{}",
    '{"decisions":null}',
    '{"decisions":{"db":"down"}}',
    '{"decisions":{"db":{"wanted":"down"}}}',
  ])("means that nothing was decided when it is %j", (text) => {
    expect(read(text)).toBeUndefined();
  });

  it("loses only the entry that is damaged", () => {
    const text = JSON.stringify({ decisions: { db: { wanted: "sideways", atMs: 1 }, web: { wanted: "down", atMs: 1 } } });
    expect(read(text)).toBeUndefined();
    expect(read(text, "web")).toEqual({ wanted: "down", atMs: 1 });
  });

  it("has one entry for each tunnel, with its time", () => {
    const path = stateFile();
    new Decisions(path, refuse).set("db", { wanted: "down", atMs: 5 });
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ decisions: { db: { wanted: "down", atMs: 5 } } });
  });
});
