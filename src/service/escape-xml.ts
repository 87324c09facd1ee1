import { Failure } from "../base/failure.js";

/** Not a Char of XML 1.0, 2.2: it cannot be written as a reference either. Halves of a surrogate pair are none when they are alone. */
const unwritable = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

const references: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  // Every parser reads a bare one as a newline.
  "\r": "&#13;",
};

/** As the text of an element or the value of an attribute. `what` names it for people. Throws `service-unavailable` for what XML cannot hold. */
export function escapeXml(text: string, what: string): string {
  const [found] = unwritable.exec(text) ?? [];
  if (found !== undefined) {
    const codePoint = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    throw new Failure("service-unavailable", `${what} has the character U+${codePoint}, which no XML file can hold: ${text}`, {
      hint: "Take the character out of it (a folder can be renamed, a variable unset), then `clawtunnel install` again.",
    });
  }
  return text.replace(/[&<>"'\r]/g, (character) => references[character] ?? character);
}
