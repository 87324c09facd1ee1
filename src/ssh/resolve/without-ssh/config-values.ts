import { currentName, type SshDump } from "../ssh-dump.js";
import type { ConfigLine } from "./config-lines.js";
import { applyList } from "./patterns.js";

/** Each adds to those before it; of any other keyword the first value wins. */
const adding: ReadonlySet<string> = new Set(["identityfile", "certificatefile", "localforward", "remoteforward", "dynamicforward"]);
/** Taken as they are written, quotes too: a shell reads them. */
const commands: ReadonlySet<string> = new Set(["proxycommand", "localcommand", "remotecommand", "knownhostscommand"]);
const lists: ReadonlySet<string> = new Set(["hostkeyalgorithms", "kexalgorithms", "ciphers", "macs", "pubkeyacceptedalgorithms"]);
const times: ReadonlySet<string> = new Set(["connecttimeout", "serveraliveinterval"]);
/** What stands in small letters whatever the user wrote. */
const words: ReadonlySet<string> = new Set([
  "addressfamily",
  "batchmode",
  "compression",
  "hashknownhosts",
  "identitiesonly",
  "stricthostkeychecking",
]);

/** What has been said so far, in the words of `ssh -G`. */
export class ConfigValues {
  readonly #values = new Map<string, string[]>();
  readonly #defaults: SshDump;

  constructor(defaults: SshDump) {
    this.#defaults = defaults;
  }

  get(key: string): string | undefined {
    return this.#values.get(key)?.[0];
  }

  all(): Map<string, string[]> {
    return new Map(this.#values);
  }

  take(line: Pick<ConfigLine, "keyword" | "words" | "rest">): void {
    const key = currentName(line.keyword);
    // Of the two ways to a server the first that is said wins; `none` counts.
    if (key === "proxyjump" && this.#values.has("proxycommand")) return;
    if (key === "proxycommand" && this.#values.has("proxyjump")) return;
    const before = this.#values.get(key);
    const value = this.#valueOf(key, line);
    if (before === undefined) this.#values.set(key, [value]);
    else if (adding.has(key) && !before.includes(value)) before.push(value);
  }

  #valueOf(key: string, { words: written, rest }: Pick<ConfigLine, "words" | "rest">): string {
    const [first = ""] = written;
    if (commands.has(key)) return rest;
    if (lists.has(key)) return applyList(first, this.#defaults.get(key)?.[0]?.split(",") ?? []).join(",");
    if (times.has(key)) return secondsOf(first);
    if (words.has(key)) return first.toLowerCase();
    if (key === "localforward" || key === "remoteforward") return forwardOf(written);
    return key === "dynamicforward" ? placeOf(first) : written.join(" ");
  }
}

const unitSeconds: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** `90`, `1m30s`: sshd_config(5), TIME FORMATS. */
function secondsOf(text: string): string {
  const parts = [...text.matchAll(/(\d+)([smhdw]?)/gi)];
  if (parts.map(([part]) => part).join("") !== text) return text.toLowerCase();
  return String(parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (unitSeconds[unit.toLowerCase()] ?? 1), 0));
}

function forwardOf([bind = "", to]: readonly string[]): string {
  return `${placeOf(bind)} ${to === undefined ? "[socks]:0" : placeOf(to)}`;
}

/** A port, `host:port` or a socket's path, as `ssh -G` prints it. */
function placeOf(text: string): string {
  if (text.startsWith("/") || /^\d+$/.test(text)) return text;
  const [, host = "", port = ""] = /^(.*)[:/]([^:/]+)$/.exec(text) ?? [];
  return `[${host.replace(/^\[|\]$/g, "")}]:${port}`;
}
