import { matchesWildcard } from "../../wildcard.js";

/** Host: patterns with blanks between; one that is negated and fits rules the others out. */
export function matchesHostWords(text: string, patterns: readonly string[]): boolean {
  const fits = (pattern: string) => matchesWildcard(text, pattern);
  if (patterns.some((pattern) => pattern.startsWith("!") && fits(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith("!") && fits(pattern));
}

/** Match: patterns with commas between, and host names in lower case. */
export function matchesPatternList(text: string, list: string, isHost: boolean): boolean {
  return matchesHostWords(text, (isHost ? list.toLowerCase() : list).split(","));
}

/** A list of algorithms that adds to the default one (`+`), takes away from it (`-`), or puts some first (`^`). */
export function applyList(value: string, usual: readonly string[]): string[] {
  const named = value.slice(1).split(",");
  const isNamed = (algorithm: string) => named.some((pattern) => matchesWildcard(algorithm, pattern));
  if (value.startsWith("+")) return [...usual, ...named.filter((name) => !usual.includes(name))];
  if (value.startsWith("-")) return usual.filter((algorithm) => !isNamed(algorithm));
  if (value.startsWith("^")) return [...named, ...usual.filter((algorithm) => !named.includes(algorithm))];
  return value.split(",");
}
