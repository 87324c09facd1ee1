import { expect, it } from "vitest";
import { type WakeWitness, WakeWitnesses } from "../../../../src/daemon/wake/wake-witness.js";

type Word = readonly [witness: WakeWitness, bootMs: number];

it.each<[what: string, words: readonly Word[], news: readonly boolean[]]>([
  [
    "once, when the clocks show it a beat after logind told",
    [
      ["logind", 10_000],
      ["clocks", 12_000],
    ],
    [true, false],
  ],
  [
    "once, when logind tells after the clocks have shown it",
    [
      ["clocks", 10_000],
      ["logind", 14_999],
    ],
    [true, false],
  ],
  [
    "twice, when the second word comes too late to be of the same wake",
    [
      ["logind", 10_000],
      ["clocks", 15_000],
    ],
    [true, true],
  ],
  [
    "whenever the clocks show a gap, with no logind at all",
    [
      ["clocks", 10_000],
      ["clocks", 12_000],
    ],
    [true, true],
  ],
  [
    "whenever logind tells, for sleeps too short for the clocks",
    [
      ["logind", 10_000],
      ["logind", 13_000],
    ],
    [true, true],
  ],
  [
    "again, when the machine woke twice in a row and both told of both",
    [
      ["logind", 10_000],
      ["clocks", 11_000],
      ["logind", 12_000],
      ["clocks", 13_000],
    ],
    [true, false, true, false],
  ],
])("hears of a wake %s", (_what, words, news) => {
  const witnesses = new WakeWitnesses();
  expect(words.map(([witness, bootMs]) => witnesses.isNews(witness, bootMs))).toEqual(news);
});
