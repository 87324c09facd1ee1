import { resolve } from "node:path";
import { asFailure, Failure } from "../../base/failure.js";
import { errorText } from "../../base/system-error.js";
import { loadConfig } from "../../config/store.js";
import type { TokenSource } from "../../config/tunnel-spec.js";
import { tokenInFile } from "../../health/openclaw/deep/token.js";

/** Where a person said that the gateway's token is. A variable's name and a path may be seen by everybody; the token may not. */
export interface TokenArgs {
  readonly "token-env": string | undefined;
  readonly "token-file": string | undefined;
}

/** The variable from which OpenClaw's own commands take it. */
const usualVariable = "OPENCLAW_GATEWAY_TOKEN";

/** What was said now, else what the deep check of this tunnel uses, else where OpenClaw itself looks. */
export function tokenSource({ "token-env": name, "token-file": file }: TokenArgs, deep: TokenSource | undefined): TokenSource {
  if (file !== undefined) return { kind: "file", path: resolve(file) };
  return name === undefined ? (deep ?? { kind: "env", name: usualVariable }) : { kind: "env", name };
}

/** Where the deep check of a saved tunnel finds the token; undefined when it has none. */
export function deepTokenSource(configFile: string, tunnel: string): TokenSource | undefined {
  for (const { health } of loadConfig(configFile).tunnels.get(tunnel)?.forwards ?? [])
    if (health.check.kind === "openclaw" && health.check.deep !== null) return health.check.deep.token;
  return undefined;
}

/** Rejects with `token-unavailable`. */
export async function readToken(source: TokenSource, tunnel: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  switch (source.kind) {
    case "env":
      return env[source.name]?.trim() || missing(`the variable ${source.name} holds no token in this shell`);
    case "file":
      return tokenInFile(source.path).catch((error: unknown) => missing(asFailure(error).message, error));
    case "keyring":
      return (await readKeyring(tunnel, signal)) ?? missing(`the system's keyring has no token for the tunnel ${tunnel}`);
  }
}

async function readKeyring(tunnel: string, signal: AbortSignal): Promise<string | undefined> {
  const [{ systemKeyring }, { tokenAccount }] = await Promise.all([
    import("../../daemon/people/keyring.js"),
    import("../../daemon/openclaw/token-desk.js"),
  ]);
  return systemKeyring
    .read(tokenAccount(tunnel), signal)
    .catch((error: unknown) => missing(`the system's keyring cannot be had: ${errorText(error)}`, error));
}

function missing(why: string, cause?: unknown): never {
  throw new Failure("token-unavailable", why, { cause });
}
