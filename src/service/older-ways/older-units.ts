import { posix } from "node:path";
import { errorText } from "../../base/system-error.js";
import { specifiersOf } from "../../interchange/services/specifiers.js";
import { readSystemdUnit } from "../../interchange/services/systemd-unit.js";
import { heldOpen } from "./held-open.js";
import { filesMax, type OlderWaysLooks } from "./looks.js";
import type { FoundWays, OlderWay } from "./older-way.js";

const { join, basename } = posix;

interface Unit {
  readonly name: string;
  readonly path: string;
  readonly isLinked: boolean;
  /** Where it is wanted from: it starts with that. */
  readonly isEnabled: boolean;
}

/** The units of systemd that hold forwards open: those of this user, or those of the machine. */
export async function findOlderUnits(manager: "systemd" | "systemd-system", looks: OlderWaysLooks): Promise<FoundWays> {
  const { home, env } = looks;
  const ofUser = [
    join(env.XDG_CONFIG_HOME || join(home, ".config"), "systemd/user"),
    join(env.XDG_DATA_HOME || join(home, ".local/share"), "systemd/user"),
    "/etc/systemd/user",
  ];
  const folders = manager === "systemd" ? ofUser : ["/etc/systemd/system"];
  const units = new Map<string, Unit>();
  for (const unit of folders.flatMap((folder) => unitsIn(folder, looks))) {
    const known = units.get(unit.name);
    // The first folder's file holds; it may be wanted from another.
    units.set(unit.name, known === undefined ? unit : { ...known, isEnabled: known.isEnabled || unit.isEnabled });
  }
  const skipped: string[] = [];
  const found: Omit<OlderWay, "isActive">[] = [];
  for (const unit of [...units.values()].slice(0, filesMax)) {
    const text = readUnit(unit, folders, looks, skipped);
    if (!text.includes("ssh")) continue;
    const place = { ...looks, unitName: unit.name, isUserUnit: manager === "systemd" };
    const readFile = (path: string) => tryRead(path, looks, []);
    const held = await heldOpen(readSystemdUnit(text, { unitName: unit.name, specifiers: specifiersOf(place), readFile }), looks);
    if (held.tunnels.length > 0) found.push({ manager, ...unit, ...held, line: null, domain: null });
  }
  const states = await askStates(
    manager,
    found.map(({ name }) => name),
    looks,
  );
  const ways = found.map((way) => ({ ...way, isActive: states.get(way.name) ?? null }));
  return { ways: ways.filter(({ isEnabled, isActive }) => isEnabled || isActive === true), skipped };
}

/** Those that stand in it, and those that a target of it wants: instances of a template are only there. */
function unitsIn(folder: string, looks: OlderWaysLooks): Unit[] {
  const entries = looks.listFolder(folder);
  const wanted = entries
    .filter((entry) => /\.(?:wants|requires|upholds)$/.test(entry))
    .flatMap((entry) => looks.listFolder(join(folder, entry)).map((name) => ({ name, link: join(folder, entry, name) })))
    .filter(({ name }) => name.endsWith(".service"));
  const isWanted = (name: string) => wanted.some((unit) => unit.name === name);
  const own = entries
    .filter((name) => name.endsWith(".service") && !name.endsWith("@.service"))
    .map((name) => ({ name, path: join(folder, name), isLinked: false, isEnabled: isWanted(name) }))
    .flatMap((unit) => {
      const real = looks.realpath(unit.path);
      if (real === undefined || real === "/dev/null") return [];
      if (posix.dirname(real) !== (looks.realpath(folder) ?? folder))
        return [{ ...unit, path: real, isLinked: basename(real) === unit.name }];
      // Else another name of a unit that is found under its own.
      return basename(real) === unit.name ? [unit] : [];
    });
  const others = wanted.flatMap(({ name, link }) => {
    const path = looks.realpath(link);
    return path === undefined || path === "/dev/null" ? [] : [{ name, path, isLinked: false, isEnabled: true }];
  });
  return [...own, ...others];
}

/** The file and what is added to it in `NAME.service.d`, one behind the other, as systemd reads them. */
function readUnit({ name, path }: Unit, folders: readonly string[], looks: OlderWaysLooks, skipped: string[]): string {
  const names = new Set([name.replace(/@.*$/, "@.service"), name]);
  const additions = folders.flatMap((folder) =>
    [...names].flatMap((own) => {
      const added = join(folder, `${own}.d`);
      return [...looks.listFolder(added)]
        .filter((file) => file.endsWith(".conf"))
        .sort()
        .map((file) => join(added, file));
    }),
  );
  return [path, ...additions].map((file) => tryRead(file, looks, skipped) ?? "").join("\n");
}

function tryRead(path: string, looks: OlderWaysLooks, skipped: string[]): string | undefined {
  try {
    return looks.readText(path);
  } catch (error) {
    skipped.push(errorText(error));
    return undefined;
  }
}

/** Whether each runs, or is about to. None where systemd cannot be asked. */
async function askStates(
  manager: OlderWay["manager"],
  names: readonly string[],
  { run, env, uid }: OlderWaysLooks,
): Promise<Map<string, boolean>> {
  if (names.length === 0) return new Map();
  const isUser = manager === "systemd";
  const { code, stdout } = await run({
    argv: ["systemctl", ...(isUser ? ["--user"] : []), "show", "--property=Id,ActiveState", "--", ...names],
    env: isUser ? { XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR || `/run/user/${uid}` } : {},
  });
  // One block for each, in the order in which they were named: an alias has the Id of what it means.
  const blocks = code === 0 ? stdout.trim().split(/\n\s*\n/) : [];
  return new Map(
    names.flatMap((name, index) => {
      const state = /^ActiveState=(.*)$/m.exec(blocks[index] ?? "")?.[1];
      return state === undefined ? [] : [[name, state !== "inactive" && state !== "failed"]];
    }),
  );
}
