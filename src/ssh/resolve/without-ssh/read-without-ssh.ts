import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { dirname, isAbsolute, join } from "node:path";
import { Failure } from "../../../base/failure.js";
import { errorText, systemErrorCode } from "../../../base/system-error.js";
import { expandTilde } from "../../../config/expand-home.js";
import type { LoginSpec } from "../../../config/tunnel-spec.js";
import { type ConfigAnswer, type ConfigRefusal, includeFolders, usualFiles } from "../config-answer.js";
import type { Machine } from "../machine.js";
import type { SshDump } from "../ssh-dump.js";
import { expandTokens, expandVariables, tokensOf } from "../tokens.js";
import { judgeMatch } from "./conditions.js";
import { usualDefaults } from "./config-defaults.js";
import { type ConfigLine, readConfigLines } from "./config-lines.js";
import { ConfigValues } from "./config-values.js";
import { expandGlob } from "./expand-glob.js";
import { matchesHostWords } from "./patterns.js";

/** As in ssh. */
const includeDepthMax = 16;

/**
 * What ssh_config says, where there is no ssh to ask: as readconf.c of OpenSSH reads it, without what needs a shell, a name server
 * or the network; that is named in `leftOut`.
 */
export async function readWithoutSsh(
  login: LoginSpec,
  machine: Machine,
  defaults: SshDump = usualDefaults(machine),
): Promise<ConfigAnswer | ConfigRefusal> {
  const reading = new Reading(login, machine, defaults);
  try {
    await reading.readAll();
    return reading.answer();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { failure: error, files: [...reading.files] };
  }
}

class Reading {
  readonly files: Set<string>;
  readonly #folders = new Set<string>();
  readonly #leftOut = new Set<string>();
  readonly #values: ConfigValues;
  readonly #login: LoginSpec;
  readonly #machine: Machine;
  readonly #defaults: SshDump;
  #asksForFinal = false;
  #isFinal = false;

  constructor(login: LoginSpec, machine: Machine, defaults: SshDump) {
    this.#login = login;
    this.#machine = machine;
    this.#defaults = defaults;
    this.#values = new ConfigValues(defaults);
    this.files = new Set(usualFiles(login.configFile, machine));
  }

  async readAll(): Promise<void> {
    for (const line of wordsOfLogin(this.#login)) this.#values.take(line);
    await this.#readFiles();
    if (!this.#asksForFinal) return;
    this.#isFinal = true;
    await this.#readFiles();
  }

  answer(): ConfigAnswer {
    const dump = finish(this.#values, this.#login, this.#machine, this.#defaults);
    if (!/^(?:no|false)$/.test(dump.get("canonicalizehostname")?.[0] ?? "no")) this.#leftOut.add("CanonicalizeHostname");
    return {
      dump,
      defaults: this.#defaults,
      files: [...this.files],
      folders: [...this.#folders],
      isVolatile: false,
      version: null,
      leftOut: [...this.#leftOut],
    };
  }

  async #readFiles(): Promise<void> {
    const [own, system] = includeFolders(this.#machine);
    const roots = usualFiles(this.#login.configFile, this.#machine);
    for (const [index, path] of roots.entries()) {
      // ssh takes a file of `-F` for the user's own.
      await this.#readFile(path, index === 0 ? own : system, true, 0, this.#login.configFile !== null);
    }
  }

  async #readFile(path: string, includeFolder: string, isRead: boolean, depth: number, mustExist: boolean): Promise<void> {
    if (depth > includeDepthMax) throw invalid(path, 0, "too many Includes inside each other");
    const text = await readFile(path, "utf8").catch((error: unknown) => {
      if (mustExist || systemErrorCode(error) === "EACCES") throw invalid(path, 0, errorText(error));
      return "";
    });
    this.files.add(path);
    let isActive = isRead;
    for (const line of readConfigLines(text)) {
      if ("problem" in line) throw invalid(path, line.line, line.problem);
      if (line.keyword === "host") isActive = isRead && matchesHostWords(this.#host, line.words);
      else if (line.keyword === "match") isActive = isRead && this.#matches(line);
      else if (line.keyword === "include") await this.#include(line, includeFolder, isActive, depth);
      else if (isActive) this.#values.take(line);
    }
  }

  async #include({ words }: ConfigLine, folder: string, isActive: boolean, depth: number): Promise<void> {
    for (const word of words) {
      const written = expandTilde(expandVariables(word, this.#machine.env), this.#machine.home);
      const pattern = isAbsolute(written) ? written : join(folder, written);
      this.#folders.add(dirname(pattern));
      for (const path of await expandGlob(pattern)) await this.#readFile(path, folder, isActive, depth + 1, false);
    }
  }

  #matches({ words }: ConfigLine): boolean {
    const { machine, alias, localUser } = { machine: this.#machine, alias: this.#login.target.host, localUser: this.#machine.userName };
    const named = this.#values.get("hostname");
    const host = named === undefined || this.#isFinal ? this.#host : expandTokens(named, { "%": "%", h: alias });
    const user = this.#values.get("user") ?? machine.userName;
    const verdict = judgeMatch(words, { host, alias, user, localUser, isFinal: this.#isFinal });
    this.#asksForFinal ||= verdict.asksForFinal;
    for (const condition of verdict.leftOut) this.#leftOut.add(condition);
    return verdict.isMatch;
  }

  /** What `Host` lines are held against: the alias, and in the second reading the name that was found for it. */
  get #host(): string {
    return this.#isFinal ? hostNameOf(this.#values, this.#login) : this.#login.target.host;
  }
}

function hostNameOf(values: ConfigValues, { target }: LoginSpec): string {
  const written = expandTokens(values.get("hostname") ?? target.host, { "%": "%", h: target.host });
  return isIP(written) === 0 ? written.toLowerCase() : written;
}

/** What was said for this log-in alone comes first. */
function wordsOfLogin({ target, jump, identities, options, connectTimeoutMs }: LoginSpec): ConfigLine[] {
  const line = (keyword: string, word: string): ConfigLine => ({ line: 0, keyword, words: [word], rest: word });
  return [
    ...readConfigLines(options.join("\n")).flatMap((option) => ("problem" in option ? [] : [option])),
    ...(connectTimeoutMs === null ? [] : [line("connecttimeout", String(Math.ceil(connectTimeoutMs / 1000)))]),
    ...(target.port === null ? [] : [line("port", String(target.port))]),
    ...(target.user === null ? [] : [line("user", target.user)]),
    ...identities.map((path) => line("identityfile", path)),
    ...(jump.length === 0 ? [] : [line("proxyjump", jump.join(","))]),
  ];
}

/** As `ssh -G` would print it: with the defaults, and with those things expanded that it expands. */
function finish(values: ConfigValues, login: LoginSpec, machine: Machine, defaults: SshDump): SshDump {
  const alias = login.target.host;
  const server = { user: values.get("user") ?? machine.userName, host: hostNameOf(values, login), port: Number(values.get("port") ?? 22) };
  const said = values.all();
  const facts = { alias, server, hostKeyAlias: values.get("hostkeyalias") ?? null, proxyJump: values.get("proxyjump") ?? null };
  const tokens = tokensOf({ ...facts, machine, hashHasJump: false });
  const knownHosts = said.get("userknownhostsfile");
  if (knownHosts !== undefined)
    said.set(
      "userknownhostsfile",
      knownHosts.map((files) => expandTokens(expandVariables(expandHomes(files, machine.home), machine.env), tokens)),
    );
  if (/^(?:yes|true)$/i.test(values.get("clearallforwardings") ?? "")) {
    for (const key of ["localforward", "remoteforward", "dynamicforward"]) said.delete(key);
  }
  for (const key of ["proxyjump", "proxycommand"]) if (values.get(key) === "none") said.delete(key);
  return new Map([
    ...defaults,
    ...said,
    ["host", [alias]],
    ["user", [server.user]],
    ["hostname", [server.host]],
    ["port", [String(server.port)]],
  ]);
}

function expandHomes(files: string, home: string): string {
  return files
    .split(" ")
    .map((path) => expandTilde(path, home))
    .join(" ");
}

function invalid(path: string, line: number, why: string): Failure {
  return new Failure("ssh-config-invalid", `${line === 0 ? path : `${path}:${line}`}: ${why}`);
}
