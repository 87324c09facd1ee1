import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";

/** One import of one file in src/. `imported` is a path in src/ (`base/failure.ts`), or a package's specifier (`ssh2`, `node:net`). */
export interface Import {
  readonly file: string;
  readonly imported: string;
  readonly isTypeOnly: boolean;
}

/** Lowest first: a file may import from its own folder and from those before it. */
const folders = [
  "base",
  "config",
  "ssh",
  "forward",
  "interchange",
  "health",
  "openclaw",
  "tunnel",
  "api",
  "service",
  "daemon",
  "demo",
  "cli",
];

/** demo is a program of its own beside the daemon: it may use what any client of the control API may, and needs keys. */
const demoMayImport = ["base", "config", "api", "demo", "ssh/keys/generate-key.ts"];

/** Where each third-party package may be imported: a file, or a folder with a closing slash. Nothing else may be imported at all. */
const packageHomes: Readonly<Record<string, readonly string[]>> = {
  ssh2: ["ssh/ssh2/", "demo/"],
  "ssh-config": ["ssh/resolve/without-ssh/config-lines.ts"],
  "node-pty": ["ssh/openssh/process.ts"],
  conf: ["config/store.ts"],
  pino: ["daemon/log/log-file.ts"],
  yargs: ["cli/parse-command-line.ts"],
  valibot: ["config/", "daemon/check-body.ts", "daemon/routes.ts", "daemon/openclaw/routes.ts"],
  "@valibot/to-json-schema": ["config/json-schema.ts"],
  "cron-parser": ["config/cron.ts"],
  yaml: ["interchange/peers/portato.ts"],
  "smol-toml": ["interchange/peers/boring.ts"],
  "@xmldom/xmldom": ["interchange/services/plist-value.ts"],
  "@napi-rs/keyring": ["daemon/people/keyring.ts"],
  "node-schedule": ["daemon/timetable/alarm.ts"],
  ws: ["health/openclaw/"],
  "@humanwhocodes/momoa": ["openclaw/config/json5.ts"],
};

const typeHomes: Readonly<Record<string, readonly string[]>> = {
  yargs: ["cli/define-command.ts", "cli/target-options.ts"],
};

/** What every import breaks of the rules above, each with the offending pair. */
export function findOffences(imports: readonly Import[]): string[] {
  return imports.flatMap((found) => {
    const why = isOwn(found.imported) ? folderOffence(found) : packageOffence(found);
    return why === undefined ? [] : [`${found.file} -> ${found.imported}: ${why}`];
  });
}

function folderOffence({ file, imported }: Import): string | undefined {
  const [from, to] = [folderOf(file), folderOf(imported)];
  const [rank, importedRank] = [folders.indexOf(from), folders.indexOf(to)];
  if (rank < 0 || importedRank < 0) return `the folder ${rank < 0 ? from : to} has no place in the order`;
  if (from === "demo" && !demoMayImport.includes(to) && !demoMayImport.includes(imported))
    return `demo may import only ${demoMayImport.join(", ")}`;
  return importedRank > rank ? `${from} is below ${to}` : undefined;
}

function packageOffence({ file, imported, isTypeOnly }: Import): string | undefined {
  if (imported.startsWith("node:")) return undefined;
  const name = imported.split("/", imported.startsWith("@") ? 2 : 1).join("/");
  const homes = [...(packageHomes[name] ?? []), ...(isTypeOnly ? (typeHomes[name] ?? []) : [])];
  if (homes.some((home) => (home.endsWith("/") ? file.startsWith(home) : file === home))) return undefined;
  return packageHomes[name] === undefined
    ? `${name} is no dependency of ours`
    : `${name} belongs in ${packageHomes[name].join(", ")} alone`;
}

function isOwn(imported: string): boolean {
  return imported.endsWith(".ts");
}

function folderOf(path: string): string {
  return path.split("/")[0] ?? "";
}

const statement = /^\s*(?:import|export)\s(type\s)?[^"';]*?\bfrom\s*"([^"]+)"/gm;
const bare = /^\s*import\s*"([^"]+)"/gm;
const dynamic = /\b(?:import|require)\(\s*"([^"]+)"/g;

/** Every import in the text of one file: static, re-exported, for its effect, dynamic, and by require. */
export function importsIn(file: string, text: string): Import[] {
  const found = (specifier: string, isTypeOnly = false): Import => {
    const imported = specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier).replace(/\.js$/, ".ts") : specifier;
    return { file, imported, isTypeOnly };
  };
  return [
    ...[...text.matchAll(statement)].map(([, type, specifier]) => found(specifier ?? "", type !== undefined)),
    ...[...text.matchAll(bare), ...text.matchAll(dynamic)].map(([, specifier]) => found(specifier ?? "")),
  ];
}

export interface SourceFile {
  /** Within src/, with forward slashes. */
  readonly file: string;
  readonly text: string;
}

export function readSources(root: string): SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => ({ file: relative(root, join(root, path)).split(sep).join("/"), text: readFileSync(join(root, path), "utf8") }));
}

/** Past this many lines a second noun is hiding in a file. */
export const linesMax = 250;

export function findLongFiles(sources: readonly SourceFile[]): string[] {
  return sources.flatMap(({ file, text }) => {
    const lines = text.replace(/\n$/, "").split("\n").length;
    return lines > linesMax ? [`${file} has ${lines} lines, more than ${linesMax}`] : [];
  });
}
