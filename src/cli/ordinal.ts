/** 1st, 2nd, 3rd, 4th. */
export function ordinal(count: number): string {
  const endings = { one: "st", two: "nd", few: "rd" } as const;
  const rule = new Intl.PluralRules("en", { type: "ordinal" }).select(count);
  return `${count}${rule in endings ? endings[rule as keyof typeof endings] : "th"}`;
}
