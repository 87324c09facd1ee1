import { Failure } from "../../base/failure.js";
import { isObject } from "../../base/is-object.js";
import type { RemoteHost } from "../../ssh/session.js";
import { readGatewayEnvironment } from "./environment.js";
import { gatewayPaths } from "./find-file.js";
import { gatewayPort, type PortFrom } from "./find-port.js";
import { checkCount, fileOf, includedFiles, mergeParts } from "./includes.js";
import { parseJson5 } from "./json5.js";
import { readServerFiles, type ServerFile, type ServerPath } from "./server-files.js";
import { valueAt } from "./value-at.js";

/** What the configuration of the gateway on the server says, as far as clawtunnel has a use for it. Flags of the process are not in it. */
export interface GatewayConfig {
  /** The file, with links followed; it need not exist. */
  readonly file: string;
  readonly exists: boolean;
  /** Every file that is a part of it by `$include`, itself first. */
  readonly files: readonly { readonly path: string; readonly mode: number; readonly owner: string }[];
  readonly port: number;
  readonly portFrom: PortFrom;
  /** `gateway.bind` as it is written; null when it is not. */
  readonly bind: string | null;
  /** The file in which it is written, or would have to be. */
  readonly bindFile: string;
  readonly customBindHost: string | null;
  /** `none`, `token`, `password` or `trusted-proxy`; null when nothing is written. */
  readonly authMode: string | null;
  /** Whether a token or password stands in it, in plain text or as a reference. What it is stays on the server. */
  readonly hasSecret: boolean;
  /** `gateway.reload.mode`; null when nothing is written. */
  readonly reloadMode: string | null;
  readonly tailscaleMode: string | null;
}

/**
 * Finds and reads the gateway's configuration on the server, as the account of the log-in: OPENCLAW_CONFIG_PATH, OPENCLAW_STATE_DIR,
 * OPENCLAW_HOME, the profile's folder, the former ones. Two commands, and one more for each depth of `$include`. Rejects with
 * `exec-refused`, `exec-failed`, `gateway-config-unreadable` or `gateway-config-invalid`. A file that is missing is no failure:
 * everything is at its default then.
 */
export async function readGatewayConfig(host: RemoteHost, profile: string | null, signal: AbortSignal): Promise<GatewayConfig> {
  const named = profile?.toLowerCase() === "default" ? null : profile;
  const environment = await readGatewayEnvironment(host, named, signal);
  const { candidates, fresh, dotEnvs } = gatewayPaths(environment, named);
  const places = await readServerFiles(host, [...candidates, ...dotEnvs], signal);
  const at = candidates.findIndex((_, index) => places[index]?.state !== "missing");
  const path = candidates[at] ?? fresh;
  const parts = at < 0 ? new Map<string, Part>() : await readParts(host, path, places[at], signal);
  const values = new Map([...parts].map(([part, { value }]) => [part, value]));
  const config = at < 0 ? {} : mergeParts(values, path);
  if (!isObject(config)) throw new Failure("gateway-config-invalid", `${path} holds no object`);

  const variable =
    environment.OPENCLAW_GATEWAY_PORT ??
    places
      .slice(candidates.length)
      .map(portIn)
      .find((port) => port !== undefined);
  const secrets = ["token", "password"].map((name) => valueAt(config, ["gateway", "auth", name]));
  const bindPart = fileOf(values, path, ["gateway", "bind"]) ?? path;
  return {
    file: parts.get(path)?.file.realPath ?? path,
    exists: at >= 0,
    files: [...parts.values()].map(({ file: { realPath, mode, owner } }) => ({ path: realPath, mode, owner })),
    ...gatewayPort(variable, valueAt(config, ["gateway", "port"]), named),
    bind: textAt(config, ["gateway", "bind"]),
    bindFile: parts.get(bindPart)?.file.realPath ?? path,
    customBindHost: textAt(config, ["gateway", "customBindHost"]),
    authMode: textAt(config, ["gateway", "auth", "mode"]),
    hasSecret: secrets.some((secret) => isObject(secret) || (typeof secret === "string" && secret !== "")),
    reloadMode: textAt(config, ["gateway", "reload", "mode"]),
    tailscaleMode: textAt(config, ["gateway", "tailscale", "mode"]),
  };
}

interface Part {
  readonly file: ServerFile;
  readonly value: unknown;
}

/** The file, and all that are a part of it. A circle ends, because nothing is read twice. */
async function readParts(host: RemoteHost, path: string, place: ServerPath | undefined, signal: AbortSignal): Promise<Map<string, Part>> {
  const parts = new Map([[path, partAt(path, place)]]);
  for (let wave = [path]; wave.length > 0; ) {
    wave = [...new Set(wave.flatMap((part) => includedFiles(part, parts.get(part)?.value)))].filter((part) => !parts.has(part));
    checkCount(parts.size + wave.length - 1, path);
    const places = await readServerFiles(host, wave, signal);
    for (const [index, part] of wave.entries()) parts.set(part, partAt(part, places[index]));
  }
  return parts;
}

function partAt(path: string, place: ServerPath | undefined): Part {
  if (place?.state === "denied") throw new Failure("gateway-config-unreadable", `the account may not read ${path} on the server`);
  if (place?.state !== "read") throw new Failure("gateway-config-invalid", `${path} is named by an $include, and does not exist`);
  return { file: place.file, value: parseJson5(place.file.contents.toString("utf8"), path) };
}

function textAt(value: unknown, path: readonly string[]): string | null {
  const found = valueAt(value, path);
  return typeof found === "string" ? found : null;
}

/** `OPENCLAW_GATEWAY_PORT=…` of a file of variables. */
function portIn(place: ServerPath): string | undefined {
  if (place.state !== "read") return undefined;
  const line = /^\s*(?:export\s+)?OPENCLAW_GATEWAY_PORT\s*[=:]\s*(["'`]?)(.*?)\1\s*(?:#.*)?$/m;
  return line.exec(place.file.contents.toString("utf8"))?.[2];
}
