/**
 * Several paths that `ssh -G` prints with blanks between and no quotes. One with a blank in it looks like two: what exists decides,
 * the longest first; else that each path begins as paths do.
 */
export function splitPaths(text: string, exists: (path: string) => boolean): string[] {
  const words = text.split(" ").filter((word) => word !== "");
  const paths: string[] = [];
  let from = 0;
  while (from < words.length) {
    const to = endOfPath(words, from, exists);
    paths.push(words.slice(from, to).join(" "));
    from = to;
  }
  return paths;
}

function endOfPath(words: readonly string[], from: number, exists: (path: string) => boolean): number {
  for (let to = words.length; to > from + 1; to--) {
    if (exists(words.slice(from, to).join(" "))) return to;
  }
  const next = words.findIndex((word, index) => index > from && beginsPath(word));
  if (exists(words[from] ?? "")) return from + 1;
  return next === -1 ? words.length : next;
}

function beginsPath(word: string): boolean {
  return /^(?:[/~]|[A-Za-z]:[\\/]|none$)/.test(word);
}
