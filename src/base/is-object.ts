/** What was read of somebody's JSON, YAML or TOML, and is an object; a list is none. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
