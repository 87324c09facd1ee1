import { readdir } from "node:fs/promises";
import { join, parse, sep } from "node:path";
import { matchesWildcard } from "../../wildcard.js";

/** The files that an absolute pattern with `*` and `?` names, in the order of glob(7): by name. A file that is not there is none. */
export async function expandGlob(pattern: string): Promise<string[]> {
  const { root } = parse(pattern);
  const parts = pattern
    .slice(root.length)
    .split(/[\\/]/)
    .filter((part) => part !== "");
  let found = [root === "" ? sep : root];
  for (const part of parts) {
    const next = await Promise.all(found.map((folder) => entriesOf(folder, part)));
    found = next.flat();
  }
  return found;
}

async function entriesOf(folder: string, part: string): Promise<string[]> {
  if (part === "..") return [join(folder, part)];
  const names = await readdir(folder).catch(() => []);
  // A leading dot is only matched by a dot.
  const fits = (name: string) => matchesWildcard(name, part) && (part.startsWith(".") || !name.startsWith("."));
  return names
    .filter(fits)
    .sort()
    .map((name) => join(folder, name));
}
