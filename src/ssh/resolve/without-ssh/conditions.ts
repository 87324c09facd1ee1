import { matchesPatternList } from "./patterns.js";

/** Who is asked about, as far as it is known when a Match is met. */
export interface MatchSubject {
  /** The name that HostName has given, else the alias. */
  readonly host: string;
  readonly alias: string;
  readonly user: string;
  readonly localUser: string;
  /** The files are read a second time, because a `Match final` was in them. */
  readonly isFinal: boolean;
}

export interface MatchVerdict {
  readonly isMatch: boolean;
  /** A `Match final` was met in the first reading. */
  readonly asksForFinal: boolean;
  /** Conditions that only ssh can judge: the block is left out. */
  readonly leftOut: readonly string[];
}

const withoutValue: ReadonlySet<string> = new Set(["all", "canonical", "final"]);

/** Judges the conditions of a `Match`, all of which must hold. Pure. */
export function judgeMatch(words: readonly string[], subject: MatchSubject): MatchVerdict {
  const leftOut: string[] = [];
  let isMatch = true;
  let asksForFinal = false;
  for (let at = 0; at < words.length; at++) {
    const [, negation, name = ""] = /^(!?)(.*)$/.exec(words[at]?.toLowerCase() ?? "") ?? [];
    const value = withoutValue.has(name) ? "" : (words[++at] ?? "");
    if (name === "final" && !subject.isFinal) asksForFinal = true;
    const holds = judge(name, value, subject);
    if (holds === undefined) leftOut.push(`Match ${name}`);
    isMatch &&= holds !== undefined && holds !== (negation === "!");
  }
  // ssh asks no further once a condition does not hold; what it would not have asked is not missed.
  return { isMatch, asksForFinal, leftOut };
}

function judge(name: string, value: string, { host, alias, user, localUser, isFinal }: MatchSubject): boolean | undefined {
  switch (name) {
    case "all":
      return true;
    case "final":
    case "canonical":
      return isFinal;
    case "host":
      return matchesPatternList(host, value, true);
    case "originalhost":
      return matchesPatternList(alias, value, true);
    case "user":
      return matchesPatternList(user, value, false);
    case "localuser":
      return matchesPatternList(localUser, value, false);
    default:
      return undefined;
  }
}
