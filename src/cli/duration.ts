const units: readonly (readonly [label: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
];

/** A length of time for people, in its two largest units: `3 d 4 h`, `12 s`, `450 ms`. */
export function describeDuration(lengthMs: number): string {
  if (lengthMs < 1_000) return `${Math.max(0, Math.round(lengthMs))} ms`;
  const index = units.findIndex(([, ms]) => lengthMs >= ms);
  const [label, ms] = units[index] ?? ["s", 1_000];
  const first = `${Math.floor(lengthMs / ms)} ${label}`;
  const next = units[index + 1];
  const rest = next === undefined ? 0 : Math.floor((lengthMs % ms) / next[1]);
  return next === undefined || rest === 0 ? first : `${first} ${rest} ${next[0]}`;
}
