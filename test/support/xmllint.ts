import { spawnSync } from "node:child_process";

/** libxml2-utils on Debian, part of macOS. */
export const hasXmllint = spawnSync("xmllint", ["--version"]).status === 0;

export function xmllint(args: readonly string[]): { readonly code: number | null; readonly stderr: string } {
  const { status, stderr } = spawnSync("xmllint", args, { encoding: "utf8" });
  return { code: status, stderr };
}
