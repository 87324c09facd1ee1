import type { ForwardEntry } from "../../config/schema.js";
import { splitSshWords } from "../../config/ssh-option.js";
import { type LeftOut, lost } from "../reading.js";
import { type ForwardKind, joinForwardValue, readForwardText } from "./forward-text.js";

const keywords: readonly (readonly [name: string, kind: ForwardKind])[] = [
  ["LocalForward", "local"],
  ["RemoteForward", "remote"],
  ["DynamicForward", "dynamic"],
];

/** The forwards of a host, from what `ssh -G` says of it: each keyword in lower case with its values. */
export function readConfiguredForwards(said: ReadonlyMap<string, readonly string[]>): {
  readonly forwards: readonly ForwardEntry[];
  readonly leftOut: readonly LeftOut[];
} {
  const forwards: ForwardEntry[] = [];
  const leftOut: LeftOut[] = [];
  if (said.get("clearallforwardings")?.includes("yes")) return { forwards, leftOut };
  const isGateway = said.get("gatewayports")?.includes("yes") ?? false;
  for (const [name, kind] of keywords) {
    for (const value of said.get(name.toLowerCase()) ?? []) {
      const forward = readForwardText(kind, joinForwardValue(value), isGateway);
      if (typeof forward === "string") leftOut.push(lost(`${name} ${value}`, forward));
      else forwards.push(forward);
    }
  }
  return { forwards, leftOut };
}

const includesMax = 16;

/**
 * The hosts that an ssh_config names, in their order: those of its Host lines without wildcards, also in the files that it includes.
 * `include` has the texts of the files that an Include line means.
 */
export function listConfiguredHosts(text: string, include: (pattern: string) => readonly string[], depth = 0): string[] {
  const hosts: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const [, keyword = "", rest = ""] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line) ?? [];
    const words = splitSshWords(rest);
    if (keyword.toLowerCase() === "host") hosts.push(...words.filter((word) => /^[^-#!*?][^#!*?]*$/.test(word)));
    if (keyword.toLowerCase() === "include" && depth < includesMax)
      hosts.push(...words.flatMap(include).flatMap((included) => listConfiguredHosts(included, include, depth + 1)));
  }
  return [...new Set(hosts)];
}
