import { DOMParser } from "@xmldom/xmldom";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeXml } from "../../../src/service/escape-xml.js";

const readBack = (escaped: string) => {
  const root = new DOMParser().parseFromString(
    `<a b="${escaped.replaceAll("\n", "&#10;").replaceAll("\t", "&#9;")}">${escaped}</a>`,
    "text/xml",
  );
  return [root.documentElement?.textContent, root.documentElement?.getAttribute("b")];
};

describe("a text in XML", () => {
  it("is read back as it was, whatever characters it is made of, unless XML has none of them", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.constantFrom("]]>", "&amp;", "\r\n", " ", "<!--", "'\"", "\t"), (text, nasty) => {
        expect(readBack(escapeXml(text + nasty, "it"))).toEqual([text + nasty, text + nasty]);
      }),
    );
  });

  it.each([
    ["a NUL", "a\u0000b", "U+0000"],
    ["an escape", "\u001B[31m", "U+001B"],
    ["half a surrogate pair", "a\uD83D", "U+D83D"],
    ["a noncharacter", "\uFFFF", "U+FFFF"],
  ])("is refused when it has %s, which no XML file can hold", (_, text, name) => {
    const message = expect.stringContaining(`PATH has the character ${name}`);
    expect(() => escapeXml(text, "PATH")).toThrow(expect.objectContaining({ code: "service-unavailable", message }));
  });

  it("may have characters beyond the first plane", () => {
    expect(escapeXml("/Users/😀 & co", "it")).toBe("/Users/😀 &amp; co");
  });
});
