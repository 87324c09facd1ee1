import { isDeepStrictEqual } from "node:util";
import { Failure } from "../../base/failure.js";
import type { GatewayConfig } from "../config/gateway-config.js";
import { parseJson5, setInJson5 } from "../config/json5.js";
import { isLoopbackBind } from "./reality.js";

/** `loopback` is what every version with words for it takes (2026.2 and later); an address would be refused or rewritten. */
const wanted = "loopback";

/**
 * The text of the file in which the bind stands, with the loopback in its place; as it was where that is what it says. An included
 * file may hold the whole `gateway` alone. Throws `harden-refused`. Pure.
 */
export function bindToLoopback(text: string, { file, bindFile, bind }: Pick<GatewayConfig, "file" | "bindFile" | "bind">): string {
  if (isLoopbackBind(bind)) return text;
  const root = parseJson5(text);
  const path = [["gateway", "bind"], ["bind"]].find((candidate) => bind !== null && valueAt(root, candidate) === bind);
  if (path === undefined && (bind !== null || bindFile !== file)) {
    throw new Failure("harden-refused", `gateway.bind does not stand in ${bindFile} where it was looked for`, {
      hint: "Set it by hand on the server: `openclaw config set gateway.bind loopback`.",
    });
  }
  const at = path ?? ["gateway", "bind"];
  const changed = setInJson5(text, at, wanted);
  if (!isDeepStrictEqual(parseJson5(changed), withValue(root, at))) {
    throw new Failure("harden-refused", `gateway.bind in ${bindFile} cannot be changed without changing more`, {
      hint: "Set it by hand on the server: `openclaw config set gateway.bind loopback`.",
    });
  }
  return changed;
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), root);
}

function withValue(root: unknown, [key = "", ...rest]: readonly string[]): unknown {
  const object = isObject(root) ? root : {};
  return { ...object, [key]: rest.length === 0 ? wanted : withValue(object[key], rest) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
