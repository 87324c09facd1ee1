import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import { taskFiles } from "../../../../src/service/task-scheduler/task-files.js";
import { type FactChanges, windowsFacts } from "../../../support/service-facts.js";
import { at, readTaskXml } from "../../../support/task-xml.js";
import { splitCommandLine } from "../../../support/windows-words.js";
import { hasXmllint, xmllint } from "../../../support/xmllint.js";

const schema = fileURLToPath(new URL("../../../support/schemas/task-subset.xsd", import.meta.url));
const facts = windowsFacts();

const homes = [
  "C:\\Users\\Ada Lovelace",
  "C:\\Users\\R&D <labs>",
  "C:\\Users\\it's 100% ^ ! -- ]]>",
  "C:\\Users\\Zoë Ünlü 日本 🦀",
  "D:\\",
];

function definitionOf(changes: FactChanges = {}): string {
  return taskFiles(windowsFacts(changes), "\\clawtunnel").definition.contents;
}

function atHome(home: string): FactChanges {
  return { user: { home } };
}

/** What xmllint says of the text, written as the writer of service files does. */
function lint(text: string): { code: number | null; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), "clawtunnel-task-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "task.xml");
  writeFileSync(file, `\ufeff${text}`, "utf16le");
  return xmllint(["--noout", "--nonet", "--schema", schema, file]);
}

describe.skipIf(!hasXmllint)("the schema of tasks (needs xmllint)", () => {
  it.each(homes)("takes the task of someone at %s", (home) => {
    const { code, stderr } = lint(definitionOf(atHome(home)));
    expect(stderr).toMatch(/validates\s*$/);
    expect(code).toBe(0);
  });

  it.each([
    ["an element of the task's that there is none of", "<Hidden>", "<Hiden>true</Hiden><Hidden>"],
    ["a wait of less than a minute", "<Interval>PT1M<", "<Interval>PT30S<"],
    ["a user after whom nothing may follow", "</UserId>\r\n    </LogonTrigger>", "</UserId><Enabled>true</Enabled></LogonTrigger>"],
    ["an ampersand", "Keeps the SSH", "Keeps & the SSH"],
  ])("does not take %s", (_, part, instead) => {
    const text = definitionOf();
    expect(text).toContain(part);
    expect(lint(text.replace(part, instead)).code).not.toBe(0);
  });
});

describe("the task's definition", () => {
  it("says all that Task Scheduler would otherwise choose for the worse, in the order in which it writes itself", () => {
    const sid = facts.user.sid;
    const definition = readTaskXml(definitionOf());
    const wanted = {
      Task: {
        "@version": "1.2",
        "@xmlns": "http://schemas.microsoft.com/windows/2004/02/mit/task",
        RegistrationInfo: { Description: expect.stringContaining("clawtunnel uninstall") },
        Triggers: {
          LogonTrigger: { Enabled: "true", UserId: sid },
          TimeTrigger: { Repetition: { Interval: "PT5M" }, StartBoundary: "2020-01-01T00:00:00", Enabled: "true" },
        },
        Principals: { Principal: { "@id": "Author", UserId: sid, LogonType: "InteractiveToken", RunLevel: "LeastPrivilege" } },
        Settings: {
          MultipleInstancesPolicy: "IgnoreNew",
          DisallowStartIfOnBatteries: "false",
          StopIfGoingOnBatteries: "false",
          AllowHardTerminate: "true",
          StartWhenAvailable: "true",
          RunOnlyIfNetworkAvailable: "false",
          IdleSettings: { StopOnIdleEnd: "false", RestartOnIdle: "false" },
          AllowStartOnDemand: "true",
          Enabled: "true",
          Hidden: "false",
          RunOnlyIfIdle: "false",
          WakeToRun: "false",
          ExecutionTimeLimit: "PT0S",
          Priority: "5",
          RestartOnFailure: { Interval: "PT1M", Count: "255" },
        },
        Actions: {
          "@Context": "Author",
          Exec: {
            Command: "%SystemRoot%\\System32\\wscript.exe",
            Arguments: `//B //Nologo //E:JScript "${facts.paths.stateDir}\\clawtunnel-launch.js"`,
            WorkingDirectory: facts.user.home,
          },
        },
      },
    };
    expect(definition).toEqual(wanted);
    expect(keysOf(definition)).toEqual(keysOf(wanted));
  });

  it("runs its action as the one principal there is, which no schema checks", () => {
    const definition = readTaskXml(definitionOf());
    expect(at(definition, "Task", "Actions", "@Context")).toBe(at(definition, "Task", "Principals", "Principal", "@id"));
  });

  it.each(homes)("leads from %s to the launcher and back to the folder", (home) => {
    const { definition, launcher } = taskFiles(windowsFacts(atHome(home)), "\\clawtunnel");
    const exec = ["Task", "Actions", "Exec"];
    const words = splitCommandLine(`wscript.exe ${at(readTaskXml(definition.contents), ...exec, "Arguments")}`);
    expect(words).toEqual(["wscript.exe", "//B", "//Nologo", "//E:JScript", launcher.path]);
    expect(at(readTaskXml(definition.contents), ...exec, "WorkingDirectory")).toBe(home);
  });

  it("is for a writer of UTF-16, and has Windows' line ends, as the launcher has, which is ASCII", () => {
    const { definition, launcher } = taskFiles(windowsFacts(atHome("C:\\Users\\Zoë")), "\\clawtunnel");
    expect([definition.encoding, launcher.encoding]).toEqual(["utf16le", "utf8"]);
    expect(definition.contents).toMatch(/^<\?xml version="1.0" encoding="UTF-16"\?>\r\n/);
    for (const { contents } of [definition, launcher]) expect(contents.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    expect(launcher.contents).toMatch(/^[\r\n -~]*$/);
  });
});

describe("a service on Windows is refused", () => {
  const cases: [string, FactChanges, RegExp][] = [
    ["a SID that is not known", { user: { ...facts.user, sid: null } }, /your security identifier is not known/],
    ["a SID that is none", { user: { ...facts.user, sid: "ada" } }, /your security identifier is not known/],
    ["a home whose files Windows' programs could not open", atHome(`C:\\${"x".repeat(230)}`), /a path has 2\d\d characters .* take 259/],
    ["a node that CreateProcess could not find", { program: { ...facts.program, node: `C:\\${"x".repeat(260)}` } }, /a path has 263/],
    ["a home that names a variable", atHome("C:\\Users\\%USERNAME%"), /would take a part of this path for a variable/],
    ["a command line longer than there can be", { program: { ...facts.program, script: "x".repeat(33_000) } }, /command line has 33\d\d\d/],
  ];
  it.each(cases)("for %s", (_, changes, message) => {
    const refusal = failureOf(() => taskFiles(windowsFacts(changes), "\\clawtunnel"));
    expect(refusal.code).toBe("service-unavailable");
    expect(refusal.message).toMatch(message);
    expect(refusal.hint).not.toContain("boot");
  });
});

function failureOf(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

function keysOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || "asymmetricMatch" in value) return null;
  return Object.entries(value).map(([name, inner]) => [name, keysOf(inner)]);
}
