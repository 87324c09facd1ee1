import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { suggest } from "../../../src/cli/suggest.js";

const commands = ["up", "down", "restart", "status", "wait", "url", "logs", "list", "trust"];

describe("the word that was probably meant", () => {
  it.each([
    ["stauts", "status"],
    ["statu", "status"],
    ["statuss", "status"],
    ["sattus", "status"],
    ["dwon", "down"],
    ["log", "logs"],
    ["pu", "up"],
    ["rtsart", "restart"],
  ])("for %s is %s", (word, meant) => {
    expect(suggest(word, commands)).toBe(meant);
  });

  it.each(["tunnel", "frobnicate", "", "x"])("for %j is nobody's guess", (word) => {
    expect(suggest(word, commands)).toBeUndefined();
  });

  it("is nothing when nothing is known", () => {
    expect(suggest("status", [])).toBeUndefined();
  });

  it("prefers the nearer of two", () => {
    expect(suggest("lists", ["logs", "list"])).toBe("list");
  });

  it("is always the word itself when it is known, and found again after any one slip", () => {
    const words = fc.constantFrom("restart", "status", "completion");
    const letters = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz");
    fc.assert(
      fc.property(words, fc.nat(6), letters, (word, index, letter) => {
        const known = ["restart", "status", "completion"];
        const at = index % word.length;
        const slips = [
          word,
          word.slice(0, at) + word.slice(at + 1),
          word.slice(0, at) + letter + word.slice(at),
          word.slice(0, at) + letter + word.slice(at + 1),
          word.slice(0, at) + (word[at + 1] ?? "") + (word[at] ?? "") + word.slice(at + 2),
        ];
        for (const slip of slips) expect(suggest(slip, known)).toBe(word);
      }),
    );
  });
});
