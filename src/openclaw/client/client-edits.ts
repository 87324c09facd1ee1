import { Failure } from "../../base/failure.js";
import { valueAt } from "../config/value-at.js";

/** Where the OpenClaw on this machine is to find its gateway. */
export interface ClientAddress {
  readonly url: string;
  /** The gateway's own port on the server; null when it is not known. */
  readonly remotePort: number | null;
}

export interface Edit {
  readonly path: readonly string[];
  readonly value: string | number;
}

const urlPath = ["gateway", "remote", "url"];

/**
 * What to change in a client's configuration, so that it uses the gateway at this address; nothing where it does. Pure.
 * Throws `client-config-unusable` when it is the configuration of a gateway on this machine, unless that may be given up.
 */
export function clientEdits(config: unknown, { url, remotePort }: ClientAddress, leavesLocal: boolean): Edit[] {
  if (valueAt(config, ["gateway", "mode"]) === "local" && !leavesLocal) {
    throw new Failure("client-config-unusable", 'it is set up for a gateway on this machine (gateway.mode is "local")', {
      hint: "Nothing was written. With --yes it is changed, and a gateway on this machine then does not start with it any more.",
    });
  }
  const wanted: Edit[] = [
    { path: ["gateway", "mode"], value: "remote" },
    { path: urlPath, value: url },
    ...(remotePort === null ? [] : [{ path: ["gateway", "remote", "remotePort"], value: remotePort }]),
  ];
  return wanted.filter(({ path, value }) => valueAt(config, path) !== value);
}

/**
 * What to change when the address has moved. Undefined when the file does not have the address that was written there last: somebody
 * has chosen another one, and it is theirs. Pure.
 */
export function moveEdits(config: unknown, last: string | undefined, url: string): Edit[] | undefined {
  const current = valueAt(config, urlPath);
  if (current === url) return [];
  return current !== undefined && current === last ? [{ path: urlPath, value: url }] : undefined;
}

/** Whether it says nothing of a gateway elsewhere. */
export function isUntold(config: unknown): boolean {
  return valueAt(config, urlPath) === undefined;
}

export function isClientOf(config: unknown, url: string): boolean {
  return valueAt(config, ["gateway", "mode"]) === "remote" && valueAt(config, urlPath) === url;
}

/** The files that one object of a configuration is put together from, as they are written there. */
export function includesAt(config: unknown, path: readonly string[]): string[] {
  const included = valueAt(config, [...path, "$include"]);
  return [included].flat().filter((file) => typeof file === "string");
}
