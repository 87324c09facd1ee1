import * as v from "valibot";
import { formatAddress, isLoopback } from "../base/address.js";
import { Failure } from "../base/failure.js";
import { errorText } from "../base/system-error.js";
import { resolveTunnel } from "./resolve.js";
import { type ConfigFile, configSchema, type TunnelEntry, tunnelSchema } from "./schema.js";
import type { TunnelSpec } from "./tunnel-spec.js";

export interface ConfigProblem {
  /** Where in the file, for instance `tunnels.db.forwards[0].local`. */
  readonly path: string;
  readonly message: string;
}

/** A config that can be run, and the file it came from. */
export interface Config {
  readonly file: ConfigFile;
  readonly tunnels: ReadonlyMap<string, TunnelSpec>;
}

export type ParsedConfig = { readonly config: Config; readonly problems: readonly [] } | { readonly problems: readonly ConfigProblem[] };

/** Parses the text of config.json. Throws `config-not-json` with line and column. */
export function parseJson(text: string, path: string): unknown {
  const bare = text.replace(/^\uFEFF/, "");
  try {
    return JSON.parse(bare);
  } catch (error) {
    const { message, place } = describeJsonError(error, bare);
    throw new Failure("config-not-json", `${path} is not JSON: ${message}${place}`, { cause: error });
  }
}

/** Checks a config and tells every problem at once, each with its path. Never throws for what a user wrote. */
export function checkConfig(value: unknown): ParsedConfig {
  const lists = listsInPlaceOfObjects(value);
  if (lists.length > 0) return { problems: lists };
  const parsed = v.safeParse(configSchema, value);
  if (!parsed.success) return { problems: parsed.issues.map(schemaProblem) };
  const file = parsed.output;
  const tunnels = new Map<string, TunnelSpec>();
  const problems: ConfigProblem[] = [];
  for (const [name, entry] of Object.entries(file.tunnels ?? {})) {
    const resolved = resolveTunnel(name, entry, file.defaults);
    if ("spec" in resolved) tunnels.set(name, resolved.spec);
    for (const { path, failure } of resolved.problems) problems.push({ path: `tunnels.${name}.${path}`, message: failure.message });
  }
  problems.push(...sharedBinds([...tunnels.values()]));
  return problems.length > 0 ? { problems } : { config: { file, tunnels }, problems: [] };
}

/** The text of a config file as a Config. Throws `config-not-json`, or `config-invalid` with every problem in its message. */
export function parseConfig(text: string, path: string): Config {
  const parsed = checkConfig(parseJson(text, path));
  if ("config" in parsed) return parsed.config;
  const list = parsed.problems.map((problem) => `\n  ${problem.path}: ${problem.message}`).join("");
  throw new Failure("config-invalid", `${path} has ${parsed.problems.length === 1 ? "a problem" : "problems"}:${list}`);
}

/** One tunnel that came from a command line or over the control API. Throws `request-invalid` with every problem. */
export function parseEntry(value: unknown): TunnelEntry {
  const parsed = v.safeParse(tunnelSchema, value);
  if (parsed.success) return parsed.output;
  const problems = parsed.issues.map(schemaProblem).map((problem) => `${problem.path}: ${problem.message}`);
  throw new Failure("request-invalid", `the tunnel is not right: ${problems.join("; ")}`);
}

/** Two forwards cannot listen on one port. A loopback forward takes both 127.0.0.1 and ::1. */
function sharedBinds(tunnels: readonly TunnelSpec[]): ConfigProblem[] {
  const owners = new Map<string, string>();
  const problems: ConfigProblem[] = [];
  for (const tunnel of tunnels) {
    for (const [index, { bind }] of tunnel.forwards.entries()) {
      const key = bindKey(bind);
      const owner = owners.get(key);
      const path = `tunnels.${tunnel.name}.forwards[${index}].local`;
      if (owner === undefined) owners.set(key, tunnel.name);
      else problems.push({ path, message: `${formatAddress(bind)} is already used by the tunnel "${owner}"` });
    }
  }
  return problems;
}

/** Binds with the same key cannot both be listened on. */
export function bindKey(bind: { host: string; port: number }): string {
  return isLoopback(bind.host) ? `loopback:${bind.port}` : `${bind.host}:${bind.port}`;
}

/** valibot takes a list for an object; a config must not, because saving it again would lose what the list held. */
function listsInPlaceOfObjects(value: unknown, path = ""): ConfigProblem[] {
  if (Array.isArray(value)) return [{ path: path === "" ? "(top)" : path, message: "must be an object, not a list" }];
  if (path !== "" || typeof value !== "object" || value === null || !("tunnels" in value)) return [];
  return listsInPlaceOfObjects(value.tunnels, "tunnels");
}

function schemaProblem(issue: v.BaseIssue<unknown>): ConfigProblem {
  let path = "";
  for (const { key } of issue.path ?? []) path += typeof key === "number" ? `[${key}]` : `${path === "" ? "" : "."}${String(key)}`;
  return { path: path === "" ? "(top)" : path, message: problemText(issue) };
}

function problemText(issue: v.BaseIssue<unknown>): string {
  if (issue.kind === "schema" && issue.type === "strict_object" && issue.expected === "never") return "is not a setting of clawtunnel";
  if (issue.kind === "schema" && issue.received === "undefined") return "is missing";
  if (issue.kind === "schema" && issue.expected !== null && !issue.message.startsWith("must"))
    return `must be ${issue.expected}, not ${issue.received}`;
  return issue.message;
}

function describeJsonError(error: unknown, text: string): { message: string; place: string } {
  const message = errorText(error);
  const before = text.slice(0, jsonErrorPosition(message, text)).split("\n");
  return {
    message: message.replace(/ (?:in JSON )?at position.*|, .* is not valid JSON$/s, ""),
    place: ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`,
  };
}

/** V8 tells the position of most errors. Of an unexpected token it shows the surroundings instead, and of an early end nothing. */
function jsonErrorPosition(message: string, text: string): number {
  const told = /at position (\d+)/.exec(message)?.[1];
  if (told !== undefined) return Number(told);
  if (!message.startsWith(unexpectedToken)) return text.length;
  // A beginning of the text that stops before the token is refused for another reason: that it ends.
  let endsBefore = 0;
  let reaches = text.length;
  while (reaches - endsBefore > 1) {
    const middle = Math.floor((endsBefore + reaches) / 2);
    if (isRefusedForToken(text.slice(0, middle))) reaches = middle;
    else endsBefore = middle;
  }
  return endsBefore;
}

const unexpectedToken = "Unexpected token";

function isRefusedForToken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return errorText(error).startsWith(unexpectedToken);
  }
}
