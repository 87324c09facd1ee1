import { join } from "node:path";
import type { Specifiers } from "./unit-words.js";

/** What a unit's specifiers depend on. */
export interface UnitPlace {
  /** `autossh@db.service`. */
  readonly unitName: string;
  /** Whether the user's own manager runs it, and not the system's, whose home is root's. */
  readonly isUserUnit: boolean;
  readonly home: string;
  readonly user: string;
  readonly uid: number;
  readonly hostName: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** systemd.unit(5), SPECIFIERS: those that a command line of ssh may hold. */
export function specifiersOf({ unitName, isUserUnit, home, user, uid, hostName, env }: UnitPlace): Specifiers {
  const bare = unitName.replace(/\.[a-z]+$/, "");
  const [prefix = "", instance = ""] = bare.split(/@(.*)/s);
  const unescapeName = (text: string) =>
    text.replace(/-/g, "/").replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const own = isUserUnit
    ? {
        h: home,
        u: user,
        U: String(uid),
        t: env.XDG_RUNTIME_DIR || `/run/user/${uid}`,
        E: env.XDG_CONFIG_HOME || join(home, ".config"),
        S: env.XDG_STATE_HOME || join(home, ".local", "state"),
      }
    : { h: "/root", u: "root", U: "0", t: "/run", E: "/etc", S: "/var/lib" };
  return {
    ...own,
    n: unitName,
    N: bare,
    p: prefix,
    P: unescapeName(prefix),
    i: instance,
    I: unescapeName(instance),
    H: hostName,
    l: hostName.split(".")[0] ?? "",
    T: "/tmp",
    V: "/var/tmp",
  };
}
