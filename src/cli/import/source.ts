import { homedir, hostname, userInfo } from "node:os";
import { basename, join, resolve } from "node:path";
import { Failure } from "../../base/failure.js";
import { expandTilde } from "../../config/expand-home.js";
import { detectKind, type SourceKind } from "../../interchange/kind.js";
import { readBoring } from "../../interchange/peers/boring.js";
import { readPortato } from "../../interchange/peers/portato.js";
import { readTunlite } from "../../interchange/peers/tunlite.js";
import { servicePlaces, usualFiles } from "../../interchange/places.js";
import { lost, type Reading, shorten } from "../../interchange/reading.js";
import { readLaunchdPlist } from "../../interchange/services/launchd-plist.js";
import { specifiersOf } from "../../interchange/services/specifiers.js";
import { readSystemdUnit } from "../../interchange/services/systemd-unit.js";
import { readIncluded, readSourceFile, tryReadSourceFile } from "../../interchange/source-file.js";
import { readHosts, withConfiguredForwards } from "../../interchange/ssh/configured-forwards.js";
import { readCommandText, readCommandWords } from "../../interchange/ssh/read-command-text.js";
import { listConfiguredHosts } from "../../interchange/ssh/ssh-config.js";

/** What a person asks to import. */
export interface SourceArgs {
  readonly source: readonly string[];
  readonly from: SourceKind | undefined;
  readonly host: readonly string[];
  readonly configFile: string | undefined;
  readonly command: string | undefined;
}

export interface ReadSource {
  readonly kind: SourceKind;
  /** For people: a path, or what was given. */
  readonly title: string;
  readonly reading: Reading;
}

/** Reads what was asked for, wherever it stands. Throws `source-unreadable`, `source-unknown` and `usage`. */
export async function readSource(args: SourceArgs, signal: AbortSignal): Promise<ReadSource> {
  const { source, command } = args;
  const given = [source.length > 0, command !== undefined, args.host.length > 0 || args.configFile !== undefined].filter(Boolean).length;
  if (given > 1) throw new Failure("usage", "one source at a time: a file, a command, or hosts of ssh_config");
  if (command !== undefined) return readCommand("the command", readCommandText(command, commandContext()), signal);
  const [first = ""] = source;
  if (source.length > 1 || isCommandWord(first)) {
    const found = readCommandWords(source, "the command", commandContext());
    return readCommand(
      "the command",
      typeof found === "string" ? { tunnels: [], leftOut: [lost(shorten(source.join(" ")), found)] } : { tunnels: [found], leftOut: [] },
      signal,
    );
  }
  if (first !== "") return readNamed(first, args.from, signal);
  const kind = args.from ?? "ssh-config";
  return kind === "ssh-config" ? readSshConfig(args.configFile, args.host, signal) : readUsual(kind, signal);
}

/** A word that no file's name would be taken for: a program, or an assignment before one. */
function isCommandWord(word: string): boolean {
  return /^[A-Za-z_]\w*=/.test(word) || /^(?:.*[/\\])?(?:auto)?ssh(?:\.exe)?$/.test(word);
}

function commandContext() {
  return { folder: process.cwd(), variables: process.env };
}

async function readCommand(title: string, reading: Reading, signal: AbortSignal, kind: SourceKind = "ssh"): Promise<ReadSource> {
  const tunnels = [];
  for (const tunnel of reading.tunnels) tunnels.push(await withConfiguredForwards(tunnel, signal));
  return { kind, title, reading: { ...reading, tunnels } };
}

/** A path, the name of a service, or that of a program with one file in a usual place. */
function readNamed(name: string, from: SourceKind | undefined, signal: AbortSignal): Promise<ReadSource> {
  const path = resolve(expandTilde(name));
  const text = tryReadSourceFile(path);
  if (text !== undefined) return readText(path, text, from ?? detectKind(text), signal);
  const program = (["boring", "tunlite", "portato"] as const).find((known) => known === name);
  if (program !== undefined) return readUsual(program, signal);
  const place = servicePlaces(name, facts()).find((candidate) => tryReadSourceFile(candidate) !== undefined);
  // The path that was named is what to complain of, unless it was a service's name.
  const found = place ?? path;
  const foundText = readSourceFile(found);
  return readText(found, foundText, from ?? detectKind(foundText), signal, basename(name));
}

function readUsual(kind: SourceKind, signal: AbortSignal): Promise<ReadSource> {
  const places = usualFiles(kind, facts());
  const [path] = [...places.filter((place) => tryReadSourceFile(place) !== undefined), ...places];
  if (path === undefined) throw new Failure("usage", `say where it stands: clawtunnel import --from ${kind} FILE`);
  return readText(path, readSourceFile(path), kind, signal);
}

async function readText(
  path: string,
  text: string,
  kind: SourceKind | undefined,
  signal: AbortSignal,
  name = basename(path),
): Promise<ReadSource> {
  const home = homedir();
  switch (kind) {
    case undefined:
      throw new Failure("source-unknown", `${path} is nothing that clawtunnel knows`);
    case "ssh-config":
      return readSshConfig(path, [], signal);
    case "ssh":
      return readCommand(path, readCommandText(text, { folder: home, variables: { HOME: home } }), signal);
    case "systemd":
      return readCommand(path, readSystemdUnit(text, unitContext(path, name)), signal, kind);
    case "launchd":
      return readCommand(path, await readLaunchdPlist(text, home), signal, kind);
    case "boring":
      return { kind, title: path, reading: await readBoring(text, process.env) };
    case "tunlite":
      return { kind, title: path, reading: readTunlite(text, home) };
    case "portato":
      return { kind, title: path, reading: await readPortato(text) };
  }
}

function unitContext(path: string, name: string) {
  const { username, uid } = userInfo();
  const unitName = name.endsWith(".service") ? name : `${name}.service`;
  const isUserUnit = path.startsWith(`${homedir()}/`) || /\/user\/[^/]+$/.test(path);
  const place = { unitName, isUserUnit, home: homedir(), user: username, uid, hostName: hostname(), env: process.env };
  return { unitName, specifiers: specifiersOf(place), readFile: tryReadSourceFile };
}

/** The named hosts, or all that a file names. Without a file the user's and the system's own hold, and the target is resolved by them later too. */
async function readSshConfig(file: string | undefined, hosts: readonly string[], signal: AbortSignal): Promise<ReadSource> {
  const usual = join(homedir(), ".ssh", "config");
  const path = file === undefined ? usual : resolve(expandTilde(file));
  const configFile = path === usual ? null : path;
  const asked = hosts.length > 0 ? hosts : listConfiguredHosts(readSourceFile(path), (pattern) => readIncluded(pattern, homedir()));
  const reading = await readHosts(asked, configFile, signal);
  const without = hosts.filter(
    (host) => !reading.tunnels.some(({ name }) => name === host) && !reading.leftOut.some(({ what }) => what === `Host ${host}`),
  );
  const leftOut = [...reading.leftOut, ...without.map((host) => lost(`Host ${host}`, "ssh_config has no forwards for it"))];
  return { kind: "ssh-config", title: path, reading: { ...reading, leftOut } };
}

function facts() {
  return { platform: process.platform, home: homedir(), env: process.env };
}
