import { readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package, as it was installed. Its own files stand two folders below it, also when they have been put together in dist/. */
export const packageFolder = fileURLToPath(new URL("../..", import.meta.url)).replace(new RegExp(`\\${sep}$`), "");

/** A program of ours as it was built: `cli/main`. */
export function builtProgram(name: string): string {
  return join(packageFolder, "dist", `${name}.js`);
}

/** This program's version, from its package.json. */
export function ownVersion(): string {
  const text = readFileSync(join(packageFolder, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
