import { ownVersion } from "../base/own-package.js";
import type { Output } from "./output.js";

/** After an upgrade the daemon is still the one of before, until somebody replaces it. */
export function tellOlder({ version }: { readonly version: string }, output: Output, own = ownVersion()): void {
  if (version !== own) output.talk(`the daemon is still ${version}, this is ${own}: \`clawtunnel restart --daemon\``);
}
