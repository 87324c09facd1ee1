import { describe, expect, it } from "vitest";
import { plainStyle, type Style } from "../../../src/cli/output.js";
import { renderLogLine } from "../../../src/cli/render-log.js";

const entry = {
  level: "warn",
  time: "2026-01-02T03:04:05.000Z",
  pid: 4711,
  v: 1,
  event: "tunnel.waiting",
  tunnel: "db",
  msg: "the server stopped answering",
};
const render = (fields: object, style = plainStyle) => renderLogLine(JSON.stringify({ ...entry, ...fields }), style);

describe("a line of the log for people", () => {
  it("is time, level, tunnel and sentence", () => {
    expect(render({})).toBe("2026-01-02T03:04:05.000Z warn db: the server stopped answering");
  });

  it("has what else is known at its end", () => {
    expect(render({ retryInMs: 200, reason: "peer-silent", err: { code: "X" } })).toBe(
      '2026-01-02T03:04:05.000Z warn db: the server stopped answering  retryInMs=200 reason=peer-silent err={"code":"X"}',
    );
  });

  it("names no tunnel where it is about none", () => {
    expect(render({ tunnel: undefined, msg: "daemon started", level: "info" })).toBe("2026-01-02T03:04:05.000Z info daemon started");
  });

  it.each(["not json", "", "{", "5", "null", '"text"'])("is shown as it is when it is no entry: %j", (line) => {
    expect(renderLogLine(line, plainStyle)).toBe(line);
  });

  it("does not break on an entry without the usual fields", () => {
    expect(renderLogLine('{"a":1}', plainStyle).trim()).toBe("a=1");
  });

  it.each([
    ["error", "<bad error>"],
    ["warn", "<bad warn>"],
    ["info", "info"],
    ["debug", "debug"],
  ])("marks %s as %s", (level, shown) => {
    const marked: Style = { ...plainStyle, bad: (text) => `<bad ${text}>` };
    expect(render({ level }, marked)).toContain(` ${shown} `);
  });
});
