const contextLines = 3;

/** The one place in which two texts differ, as a unified diff whose lines hold no secret; nothing for texts that are alike. Pure. */
export function diffWithoutSecrets(file: string, before: string, after: string): string[] {
  if (before === after) return [];
  const [old, fresh] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start++;
  let same = 0;
  while (same < old.length - start && same < fresh.length - start && old.at(-1 - same) === fresh.at(-1 - same)) same++;
  const from = Math.max(0, start - contextLines);
  const until = (lines: readonly string[]) => Math.min(lines.length, lines.length - same + contextLines);
  const range = (lines: readonly string[]) => `${from + 1},${until(lines) - from}`;
  const shown = (sign: string, lines: readonly string[]) => lines.map((line) => `${sign}${withoutSecrets(line)}`);
  return [
    `--- ${file}`,
    `+++ ${file}`,
    `@@ -${range(old)} +${range(fresh)} @@`,
    ...shown(" ", old.slice(from, start)),
    ...shown("-", old.slice(start, old.length - same)),
    ...shown("+", fresh.slice(start, fresh.length - same)),
    ...shown(" ", old.slice(old.length - same, until(old))),
  ];
}

/** Values that are words of the gateway's own, and explain the change. */
const harmless = /(?:^|[^\w$])["']?(?:bind|mode|port|customBindHost)["']?\s*:\s*$/;

const text = /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?/g;

/** Without quotes: in a comment. */
const bare = /((?:token|password|passwd|secret|key)\w*\s*[:=]?\s+|(?:token|password|passwd|secret|key)\w*[:=])[^\s"'…]+/gi;

/** Every text that is no name and not known to be harmless goes, wherever it stands, and so does anything as long as a token. */
function withoutSecrets(line: string): string {
  const shown = line.replace(text, (found: string, at: number) => {
    const isName = /^\s*:/.test(line.slice(at + found.length));
    return isName || harmless.test(line.slice(0, at)) ? found : '"…"';
  });
  return shown.replace(bare, "$1…").replace(/[\w+/=.-]{16,}/g, "…");
}
