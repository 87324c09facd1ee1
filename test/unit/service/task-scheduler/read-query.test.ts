import { describe, expect, it } from "vitest";
import type { CommandResult } from "../../../../src/service/service.js";
import { readLastResult, readQuery } from "../../../../src/service/task-scheduler/read-query.js";
import { taskFiles } from "../../../../src/service/task-scheduler/task-files.js";
import { windowsFacts } from "../../../support/service-facts.js";

const { definition, launchArguments } = taskFiles(windowsFacts(), "\\clawtunnel");

const answer = (stdout: string, code: number | null = 0): CommandResult => ({
  argv: ["schtasks"],
  code,
  stdout,
  stderr: "",
  problem: code === null ? "spawn schtasks ENOENT" : null,
});

const row = (result: number | string) =>
  `"ADA-PC","\\clawtunnel","21.11.2026 18:30:00","Wird ausgeführt","Nur interaktiv","21.11.2026, 18:25:00","${result}","ada","wscript.exe //B "C:\\a b.js"","N/A"\r\n`;

const read = (result: number | string, xml = definition.contents) =>
  readQuery([answer(row(result) + row(result)), answer(xml)], launchArguments);

describe("the last result of a task", () => {
  it.each([
    ["267009", 0x41301],
    ["0", 0],
    ["-2147024894", 0x80070002],
    ["2147942402", 0x80070002],
  ])("is read from %s, in whatever language the rest is", (text, result) => {
    expect(readLastResult(row(text))).toBe(result);
  });

  it.each(["", "\r\n", "FEHLER: nichts\r\n", '"ADA-PC","\\clawtunnel","N/A"\r\n'])("is not known from %j", (stdout) => {
    expect(readLastResult(stdout)).toBeNull();
  });
});

describe("what Task Scheduler says of the task", () => {
  it.each([
    [267009, "running", "Last Result 0x41301 (running)"],
    [0x41303, "waiting", "Last Result 0x41303 (it has not run yet)"],
    [0, "waiting", "Last Result 0"],
    [78, "failed", "Last Result 78 (the config is broken; it is tried again every 5 minutes)"],
    [-2147024894, "failed", "Last Result 0x80070002"],
  ])("is, with %i, that it is %s", (result, state, detail) => {
    expect(read(result)).toEqual({ state, pid: null, isEnabled: true, detail, findings: [] });
  });

  it("is that it is stopped when it is disabled, whatever came of it last", () => {
    const disabled = definition.contents.replace(/(<Settings>[\s\S]*<Enabled>)true/, "$1false");
    expect(read(78, disabled)).toMatchObject({ state: "stopped", isEnabled: false, findings: [] });
  });

  it("is nothing when there is no such task, and nothing when it cannot be asked", () => {
    expect(readQuery([answer("", 1), answer("", 1)], launchArguments)).toMatchObject({ state: "absent", isEnabled: false });
    expect(readQuery([answer("", null), answer("", null)], launchArguments)).toMatchObject({
      state: "unreachable",
      detail: "spawn schtasks ENOENT",
    });
  });

  it("is read from a definition in two bytes a letter as well", () => {
    const wide = `\ufeff${definition.contents}`.replace(/[\s\S]/g, "$&\0");
    expect(read(267009, wide).findings).toEqual([]);
    expect(read(267009, wide.replace("0\0S\0<", "1\0H\0<")).findings).toHaveLength(1);
  });
});

describe("a task that somebody changed", () => {
  const messageFor = (xml: string): string | undefined => read(267009, xml).findings[0]?.message;

  it.each([
    ["PT0S", "PT72H", "ExecutionTimeLimit is PT72H instead of PT0S"],
    ["<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>", "", "StopIfGoingOnBatteries is true instead of false"],
    [">IgnoreNew<", ">Parallel<", "MultipleInstancesPolicy is Parallel instead of IgnoreNew"],
    [/<LogonTrigger>[\s\S]*<\/LogonTrigger>/, "", "nothing starts it at your log-on"],
    [/(<\/StartBoundary>\s*<Enabled>)true/, "$1false", "nothing starts it again every 5 minutes"],
    ["clawtunnel-launch.js&quot;", "other.js&quot;", "it runs wscript.exe with //B //Nologo //E:JScript"],
  ])("is found out: %s -> %s", (part, instead, message) => {
    const changed = definition.contents.replace(part, instead);
    expect(changed).not.toBe(definition.contents);
    expect(messageFor(changed)).toContain(message);
    expect(read(267009, changed).findings[0]).toMatchObject({ code: "task-changed", hint: expect.stringContaining("clawtunnel install") });
  });

  it("is not held against letters that the console's code page has lost", () => {
    const files = taskFiles(windowsFacts({ user: { home: "C:\\Users\\Zoë" } }), "\\clawtunnel");
    const asPrinted = files.definition.contents.replaceAll("ë", "\ufffd");
    expect(readQuery([answer(row(267009)), answer(asPrinted)], files.launchArguments).findings).toEqual([]);
  });
});
