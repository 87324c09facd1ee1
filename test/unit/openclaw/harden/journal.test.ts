import { describe, expect, it } from "vitest";
import { formatJournal, parseJournal } from "../../../../src/openclaw/harden/journal.js";
import { someJournal } from "./journal-fixture.js";

describe("the journal on the server", () => {
  it("is read as it was written", () => {
    expect(parseJournal(formatJournal(someJournal()))).toEqual(someJournal());
  });

  it.each(["", "{", "null", "{}", '{"version":2}'])("is none when it is %j", (text) => {
    expect(parseJournal(text)).toBeUndefined();
  });
});
