import { spawnSync } from "node:child_process";
import { isRequired } from "./required.js";

/** Debian's package libxml2-utils has it. */
export const hasXmllint = isRequired("xmllint") || spawnSync("xmllint", ["--version"]).error === undefined;

export function xmllint(args: readonly string[]): { readonly code: number | null; readonly stderr: string } {
  const { status, stderr, error } = spawnSync("xmllint", args, { encoding: "utf8" });
  return { code: status, stderr: error === undefined ? stderr : error.message };
}
