import { isObject } from "../../base/is-object.js";

/** What a configuration that was parsed has at a path of names; undefined where it leads through nothing. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, name) => (isObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined), value);
}
