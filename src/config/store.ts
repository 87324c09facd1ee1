import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Failure } from "../base/failure.js";
import { errorText, systemErrorCode } from "../base/system-error.js";
import { parseJson } from "./json.js";
import { type Config, checkConfig, parseConfig } from "./parse.js";
import type { ConfigFile, TunnelEntry } from "./schema.js";

const emptyConfig: Config = { file: {}, tunnels: new Map() };

/**
 * Reads and checks the config; a missing file is an empty config, unless it `mustExist` because tunnels of it are open: then it
 * was lost or is being replaced, and nobody said that they should close.
 * Throws `config-not-json`, `config-invalid`, `config-unreadable`.
 */
export function loadConfig(path: string, { mustExist = false } = {}): Config {
  const text = readText(path);
  if (text !== undefined) return parseConfig(text, path);
  if (mustExist) throw new Failure("config-unreadable", `${path} is gone; the tunnels it had go on`);
  return emptyConfig;
}

/**
 * Writes one tunnel into the config, or takes it out (`entry` undefined), and leaves everything else in it as it is.
 * A file that is not right is never written over: the Failure of reading it is thrown instead. Throws `config-unwritable`.
 */
export async function saveTunnel(path: string, name: string, entry: TunnelEntry | undefined): Promise<Config> {
  // Before the file is read: from there to the write nothing may wait, or two tunnels saved at once would lose one.
  const write = await loadWriter();
  const file = readAsWritten(path);
  const { [name]: _, ...others } = file.tunnels ?? {};
  const tunnels = entry === undefined ? others : { ...file.tunnels, [name]: entry };
  const next: ConfigFile = { $schema: "./config.schema.json", ...file, tunnels };
  const checked = checkConfig(next);
  if (!("config" in checked)) throw new Failure("config-invalid", checked.problems.map((p) => `${p.path}: ${p.message}`).join("; "));
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    write(path, next);
  } catch (error) {
    throw new Failure("config-unwritable", `cannot write ${path}: ${errorText(error)}`, { cause: error });
  }
  return checked.config;
}

/**
 * conf writes (atomically, 0600, through a symlink) and never reads for us: it validates nothing, watches nothing and clears
 * nothing here, because its own watch throws out of reach on a bad edit and its defaults would be written into the user's file.
 * It is loaded at the first write, since it costs more memory and time than the rest of the config code together.
 */
async function loadWriter(): Promise<(path: string, file: ConfigFile) => void> {
  const [{ default: Conf }, { configJsonSchema }] = await Promise.all([import("conf"), import("./json-schema.js")]);
  return (path, file) => {
    const folder = dirname(path);
    const store = new Conf<ConfigFile>({
      cwd: folder,
      configName: basename(path, ".json"),
      configFileMode: 0o600,
      clearInvalidConfig: false,
      accessPropertiesByDotNotation: false,
      deserialize: (text) => parseJson(text, path) as ConfigFile,
      serialize: (value) => `${JSON.stringify(value, null, 2)}\n`,
    });
    store.store = file;
    writeFileSync(join(folder, "config.schema.json"), `${JSON.stringify(configJsonSchema(), null, 2)}\n`, { mode: 0o600 });
  };
}

/** A config that is right, with its keys in the user's own order: the checked one has the schema's. */
function readAsWritten(path: string): ConfigFile {
  const text = readText(path);
  if (text === undefined) return {};
  parseConfig(text, path);
  return parseJson(text, path) as ConfigFile;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw new Failure("config-unreadable", `cannot read ${path}: ${errorText(error)}`, { cause: error });
  }
}
