import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import { forgetLastExit, type LastExit, newsOf, noteLastExit, parseLastExit, readLastExit } from "../../../src/service/last-exit.js";

const said = { at: "2026-01-02T03:04:05.000Z", exitCode: 78, code: "config-invalid", message: "not right", hint: "Mend it." };

describe("why a daemon gave up", () => {
  it("is read as it was written, until a good start", () => {
    const folder = mkdtempSync(join(tmpdir(), "last-exit-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "state", "last-exit.json");
    const failure = new Failure("config-invalid", said.message, { hint: said.hint });
    noteLastExit(path, failure, said.exitCode, Date.parse(said.at));
    expect(readLastExit(path)).toEqual(said);
    forgetLastExit(path);
    expect(readLastExit(path)).toBeUndefined();
  });

  it("is known by its sentence alone, where another version wrote the rest otherwise", () => {
    expect(parseLastExit('{"message":"not right","exitCode":"78","more":1}')).toEqual({
      at: null,
      exitCode: null,
      code: null,
      message: "not right",
      hint: "",
    });
  });

  it.each(["null", "[]", "7", "{}", '{"message":7}'])("is unknown where the file has %s", (text) => {
    expect(parseLastExit(text)).toBeUndefined();
  });

  it("is unknown where there is no file, or one that is no JSON", () => {
    expect(readLastExit("/nowhere/last-exit.json")).toBeUndefined();
    expect(readLastExit(import.meta.filename)).toBeUndefined();
  });

  it("is news only when it was not known before", () => {
    const later: LastExit = { ...said, at: "2026-01-02T03:04:06.000Z" };
    expect(newsOf(said, { ...said })).toBeUndefined();
    expect(newsOf(said, undefined)).toBeUndefined();
    expect(newsOf(said, later)).toBe(later);
    expect(newsOf(undefined, said)).toBe(said);
  });
});
