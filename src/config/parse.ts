import * as v from "valibot";
import { Failure } from "../base/failure.js";
import { isObject } from "../base/is-object.js";
import { describeShared, sharedBinds } from "./binds.js";
import { parseJson } from "./json.js";
import { resolveTunnel } from "./resolve.js";
import { type ConfigFile, configSchema, defaultsSchema, type TunnelEntry, tunnelSchema } from "./schema.js";
import { joinPath, structureProblems } from "./structure.js";
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

/** Checks a config and tells every problem at once, each with its path. Never throws for what a user wrote. */
export function checkConfig(value: unknown): ParsedConfig {
  const problems = [...structureProblems(configSchema, value)];
  const parsed = v.safeParse(configSchema, value);
  problems.push(...schemaProblems(parsed.issues));
  // What stands in one tunnel is looked at even when another, or the rest of the file, is wrong.
  const tunnels = new Map<string, TunnelSpec>();
  const { defaults, tunnels: entries = {} } = (isObject(value) ? value : {}) as { defaults?: unknown; tunnels?: unknown };
  const usedDefaults = v.safeParse(defaultsSchema, defaults ?? {});
  for (const [name, entry] of Object.entries(isObject(entries) ? entries : {})) {
    const tunnel = v.safeParse(tunnelSchema, entry);
    if (!tunnel.success) continue;
    const resolved = resolveTunnel(name, tunnel.output, usedDefaults.success ? usedDefaults.output : {});
    if ("spec" in resolved) tunnels.set(name, resolved.spec);
    for (const { path, failure } of resolved.problems)
      problems.push({ path: `tunnels.${name}.${path}`, message: describeProblem(failure) });
  }
  for (const shared of sharedBinds([...tunnels.values()]))
    problems.push({ path: `tunnels.${shared.tunnel.name}.forwards[${shared.index}].${shared.kind}`, message: describeShared(shared) });
  return parsed.success && problems.length === 0 ? { config: { file: parsed.output, tunnels }, problems: [] } : { problems };
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
  const problems = [...structureProblems(tunnelSchema, value), ...schemaProblems(parsed.issues)];
  if (parsed.success && problems.length === 0) return parsed.output;
  throw new Failure("request-invalid", `the tunnel is not right: ${problems.map(({ path, message }) => `${path}: ${message}`).join("; ")}`);
}

/** A public bind has a way out that only the config knows. */
function describeProblem({ code, message }: Failure): string {
  return code === "bind-public" ? `${message}; "allowLan": true in this forward permits it` : message;
}

/** valibot's own complaints, in our words; what structure.ts tells better is left to it. */
function schemaProblems(issues: readonly v.BaseIssue<unknown>[] | undefined): ConfigProblem[] {
  return (issues ?? []).filter((issue) => !isToldByStructure(issue)).map((issue) => ({ path: pathOf(issue), message: problemText(issue) }));
}

function pathOf(issue: v.BaseIssue<unknown>): string {
  return (issue.path ?? []).reduce((path, { key }) => joinPath(path, key as string | number), "") || "(top)";
}

function isToldByStructure({ type, expected }: v.BaseIssue<unknown>): boolean {
  return (type === "strict_object" && expected === "never") || ((type === "strict_object" || type === "record") && expected === "Object");
}

function problemText(issue: v.BaseIssue<unknown>): string {
  if (issue.kind === "schema" && issue.received === "undefined") return "is missing";
  if (issue.kind === "schema" && !issue.message.startsWith("must")) return `must be ${issue.expected}, not ${issue.received}`;
  return issue.message;
}
