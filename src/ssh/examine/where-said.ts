import { readFile } from "node:fs/promises";

/** `file:line` of the first line of these files that begins with the keyword; null when it came from elsewhere. Which Host block it stands in is not looked at. */
export async function whereSaid(keyword: string, files: readonly string[]): Promise<string | null> {
  for (const path of files) {
    const text = await readFile(path, "utf8").catch(() => "");
    const index = text.split(/\r?\n/).findIndex((line) => /^\s*([A-Za-z0-9]+)/.exec(line)?.[1]?.toLowerCase() === keyword);
    if (index >= 0) return `${path}:${index + 1}`;
  }
  return null;
}
