import { posix } from "node:path";
import { Failure } from "../../base/failure.js";
import { isObject } from "../../base/is-object.js";

/** A configuration in parts: what was read of each file, by its path as it is written (links not followed). */
export type ConfigParts = ReadonlyMap<string, unknown>;

/** openclaw 2026.9.6 goes no deeper. */
const depthMax = 10;
/** Each time that a file is included: ten files that name each other many times over would keep us busy for years. */
const includesMax = 100;

const include = "$include";

/** The files that a part names by `$include`, at any depth of it: relative to the file that they are named in. */
export function includedFiles(file: string, part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap((item) => includedFiles(file, item));
  if (!isObject(part)) return [];
  return [...directIncludes(file, part), ...Object.values(part).flatMap((value) => includedFiles(file, value))];
}

/**
 * The whole of a configuration, as openclaw puts it together: lists join, objects merge, of anything else the later wins; what stands
 * beside an `$include` is later than it. Throws `gateway-config-invalid` for a cycle, and for what openclaw would refuse.
 */
export function mergeParts(parts: ConfigParts, file: string): unknown {
  return new Merger(parts).expand(file, parts.get(file), [file]);
}

/** Throws `gateway-config-invalid` for more files than one configuration can have: a server could name new ones for ever. */
export function checkCount(count: number, file: string): void {
  if (count > includesMax) throw invalid(`${file}: $include names more than ${includesMax} files`);
}

/** The file in which the value at `path` is written; undefined when it is written nowhere. After `mergeParts`, which refuses cycles. */
export function fileOf(parts: ConfigParts, file: string, path: readonly string[], part = parts.get(file)): string | undefined {
  const [name, ...rest] = path;
  if (name === undefined) return file;
  if (!isObject(part)) return undefined;
  const beside = Object.hasOwn(part, name) ? fileOf(parts, file, rest, part[name]) : undefined;
  if (beside !== undefined) return beside;
  return directIncludes(file, part)
    .toReversed()
    .map((included) => fileOf(parts, included, path))
    .find((found) => found !== undefined);
}

function directIncludes(file: string, part: Readonly<Record<string, unknown>>): string[] {
  if (!Object.hasOwn(part, include)) return [];
  const named = Array.isArray(part[include]) ? part[include] : [part[include]];
  return named.map((path) => {
    if (typeof path === "string") return posix.resolve(posix.dirname(file), path);
    throw invalid(`${file}: $include must be a path or a list of paths`);
  });
}

class Merger {
  readonly #parts: ConfigParts;
  #included = 0;

  constructor(parts: ConfigParts) {
    this.#parts = parts;
  }

  expand(file: string, part: unknown, chain: readonly string[]): unknown {
    if (Array.isArray(part)) return part.map((item) => this.expand(file, item, chain));
    if (!isObject(part)) return part;
    const { [include]: named, ...beside } = part;
    const own = Object.fromEntries(Object.entries(beside).map(([name, value]) => [name, this.expand(file, value, chain)]));
    if (named === undefined) return own;
    const contents = directIncludes(file, part).map((included) => {
      if (chain.includes(included)) throw invalid(`${[...chain, included].join(" includes ")}, which is a circle`);
      if (chain.length > depthMax) throw invalid(`${file}: $include goes deeper than ${depthMax} files`);
      this.#included += 1;
      checkCount(this.#included, file);
      return this.expand(included, this.#parts.get(included), [...chain, included]);
    });
    const included = Array.isArray(named) ? contents.reduce(merge, {}) : contents[0];
    if (Object.keys(own).length === 0) return included;
    if (isObject(included)) return merge(included, own);
    throw invalid(`${file}: what stands beside an $include needs an object to be merged with`);
  }
}

function merge(base: unknown, over: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(over)) return [...base, ...over];
  if (!isObject(base) || !isObject(over)) return over;
  const names = [...new Set([...Object.keys(base), ...Object.keys(over)])];
  return Object.fromEntries(names.map((name) => [name, Object.hasOwn(over, name) ? merge(base[name], over[name]) : base[name]]));
}

function invalid(message: string): Failure {
  return new Failure("gateway-config-invalid", message);
}
