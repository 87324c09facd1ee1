import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandLine, jscriptText, quoteWord } from "../../../../src/service/task-scheduler/escape.js";
import { splitCommandLine } from "../../../support/windows-words.js";

const nasty = fc.string({ unit: fc.constantFrom("\\", '"', " ", "a", "%", "&", "^", "'", "\t", "ä"), maxLength: 12 });
const codeUnit = fc.oneof(
  nasty,
  fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
);

describe("a word of a Windows command line", () => {
  it.each([
    ["C:\\Program Files\\nodejs\\node.exe", '"C:\\Program Files\\nodejs\\node.exe"'],
    ["C:\\dir with a closing\\", '"C:\\dir with a closing\\\\"'],
    ['say "hi"', '"say \\"hi\\""'],
    ['a\\"b', '"a\\\\\\"b"'],
    ["a\\\\b", '"a\\\\b"'],
    ["", '""'],
  ])("%j is written %s", (word, line) => {
    expect(quoteWord(word)).toBe(line);
  });

  it("comes out of the program's own splitting as it went in, whatever it is", () => {
    fc.assert(
      fc.property(fc.array(nasty), (words) => {
        expect(splitCommandLine(commandLine(["C:\\a b\\node.exe", ...words]))).toEqual(["C:\\a b\\node.exe", ...words]);
      }),
    );
  });
});

describe("a text of JScript", () => {
  it("is ASCII on one line, and the same again when the script runs", () => {
    fc.assert(
      fc.property(fc.array(codeUnit), (units) => {
        const text = units.join("");
        const written = jscriptText(text);
        expect(written).toMatch(/^[ -~]*$/);
        // What is written is a text of JSON's as well: both know \\, \" and \u.
        expect(JSON.parse(`"${written}"`)).toBe(text);
      }),
    );
  });
});
