import { describeForwardEntry } from "../../interchange/plan.js";
import type { MatchedForward, MatchedWay } from "../../service/older-ways/match-forwards.js";
import { isOfSystem } from "../../service/older-ways/older-way.js";
import { describeOlderWay, importCommand, turnOffCommand } from "../../service/older-ways/older-way-findings.js";
import { printableStyled, type Style } from "../output.js";

/** What else keeps forwards open here, and what to do about each, for a person. Empty without any. */
export function renderOlderWays(matched: readonly MatchedWay[], skipped: readonly string[], style: Style): string {
  const lines = [...matched.flatMap((found) => renderWay(found, style)), ...skipped.map((why) => style.soft(`not looked at: ${why}`))];
  return printableStyled(lines.join("\n"));
}

function renderWay(found: MatchedWay, style: Style): string[] {
  const { way, forwards } = found;
  const state = way.isActive === true ? "running" : way.isActive === false ? "not running now" : "";
  return [
    `${style.strong(describeOlderWay(way))}${state === "" ? "" : `  ${style.soft(state)}`}`,
    ...forwards.map((forward) => `  ${describeForwardEntry(forward.forward)}  ${describeMatch(forward, style)}`),
    ...way.loses.map((what) => `  ${style.bad(`besides: ${what}`)}`),
    `  ${style.soft(adviceOf(found))}`,
  ];
}

function describeMatch({ verdict, tunnel }: MatchedForward, style: Style): string {
  switch (verdict) {
    case "same":
      return style.good(`the same as "${tunnel}"`);
    case "sameBind":
      return style.bad(`has an address of "${tunnel}", and leads elsewhere`);
    case "other":
      return "none of clawtunnel's";
  }
}

function adviceOf({ way, verdict }: MatchedWay): string {
  switch (verdict) {
    case "replaceable":
      return isOfSystem(way) ? `needs root to be turned off: ${turnOffCommand(way)}` : `can be replaced: ${turnOffCommand(way)}`;
    case "partly":
      return `does more than clawtunnel would: take that over first with ${importCommand(way)}`;
    case "fights":
      return `only one of them can have the address; to turn it off: ${turnOffCommand(way)}`;
    case "other":
      return `could be taken over with ${importCommand(way)}`;
  }
}
