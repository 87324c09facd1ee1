import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unitCommand, unitPath, unitVariable } from "../../../../src/service/systemd/escape.js";
import { readCommand, readSpecifiers, readUnit, readWords } from "../../../support/unit-reader.js";

const nasty = [
  "two words",
  " blanks around ",
  "",
  "100%",
  "%h and %%",
  "$HOME",
  ["$", "{HOME}"].join(""),
  "$$",
  `it's "quoted"`,
  "\\",
  "\\n is not a line's end",
  "a\nline's end",
  "a\ttab",
  ";",
  "# no comment",
  "Größe/機/🦀",
  "-",
  "@",
];

/** Any text that a process can be given, with what systemd gives a meaning more often than chance would. */
const texts = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."%$\\\"'{}; \t\n\r#=xnHOME\u0007\u00e9\u2028🦀") }),
  fc.string({ unit: "binary" }).filter((text) => !text.includes("\0") && !/\p{Cs}/u.test(text)),
);

describe("an argument of ExecStart=", () => {
  it.each(nasty)("comes back as it was: %j", (argument) => {
    expect(readCommand(unitCommand("/usr/bin/node", [argument, "service"]))).toEqual(["/usr/bin/node", argument, "service"]);
  });

  it("comes back as it was, whatever it is, and the file stays one setting to a line", () => {
    fc.assert(
      fc.property(fc.array(texts), (args) => {
        const unit = readUnit(`[Service]\nExecStart=${unitCommand("/usr/bin/node", args)}\nRestart=always\n`);
        expect(readCommand(unit["Service.ExecStart"]?.[0] ?? "")).toEqual(["/usr/bin/node", ...args]);
        expect(unit["Service.Restart"]).toEqual(["always"]);
      }),
    );
  });
});

describe("a program's path", () => {
  it.each(["/opt/no de/bin/node", "/opt/100%/node", "/opt/$x/node", "/opt/größe/node"])("may be %s", (node) => {
    expect(readWords(unitCommand(node, []))).toEqual([node]);
  });

  it("has its dollar sign once: systemd does not expand variables there", () => {
    expect(unitCommand("/opt/$x/node", ["$x"])).toBe('"/opt/$x/node" "$$x"');
  });

  it.each(["/opt/it's/node", '/opt/"/node', "/opt/a\\b/node", "/opt/a\nb/node"])("is refused where systemd would refuse it: %j", (node) => {
    expect(() => unitCommand(node, [])).toThrow(expect.objectContaining({ code: "program-unstable" }));
  });
});

describe("a variable of Environment=", () => {
  it.each(nasty)("comes back as it was: %j", (value) => {
    expect(readWords(unitVariable("NAME", value))).toEqual([`NAME=${value}`]);
  });

  it("comes back as it was, or is refused for its control characters", () => {
    fc.assert(
      fc.property(texts, (value) => {
        if (/(?![\t\n])\p{Cc}/u.test(value)) expect(() => unitVariable("NAME", value)).toThrow("control characters");
        else expect(readWords(unitVariable("NAME", value))).toEqual([`NAME=${value}`]);
      }),
    );
  });
});

describe("a path that is watched", () => {
  it("comes back as it was, or is refused", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const path = `/home/${text}/config.json`;
        if (/\p{Cc}/u.test(path)) expect(() => unitPath(path)).toThrow(expect.objectContaining({ code: "folder-unusable" }));
        else expect(readSpecifiers(readUnit(`[Path]\nPathChanged=${unitPath(path)}\n`)["Path.PathChanged"]?.[0] ?? "")).toBe(path);
      }),
    );
  });

  it.each(["/home/claw ", "/home/claw\\"])("is refused where its end would be lost: %j", (path) => {
    expect(() => unitPath(path)).toThrow(expect.objectContaining({ code: "folder-unusable" }));
  });
});
