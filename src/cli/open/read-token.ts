import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { Failure } from "../../base/failure.js";
import { errorText } from "../../base/system-error.js";

/** Where a person said that the gateway's token is. A variable's name and a path may be seen by everybody; the token may not. */
export interface TokenArgs {
  readonly "token-env": string | undefined;
  readonly "token-file": string | undefined;
}

/** The variable from which OpenClaw's own commands take it. */
const usualVariable = "OPENCLAW_GATEWAY_TOKEN";

/** Throws `token-unavailable`. */
export function readToken({ "token-env": variable, "token-file": file }: TokenArgs, env: NodeJS.ProcessEnv): string {
  if (file !== undefined) return readTokenFile(resolve(file));
  const name = variable ?? usualVariable;
  const token = env[name]?.trim();
  if (token) return token;
  throw new Failure("token-unavailable", `the variable ${name} holds no token`);
}

function readTokenFile(path: string): string {
  const token = readPrivate(path).trim();
  if (token === "" || /\s/.test(token)) throw unusable(path, token === "" ? "it is empty" : "it has more than one word");
  return token;
}

function readPrivate(path: string): string {
  try {
    if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0) throw new Error("others may use it: chmod 600 it");
    return readFileSync(path, "utf8");
  } catch (error) {
    throw unusable(path, errorText(error), error);
  }
}

function unusable(path: string, why: string, cause?: unknown): Failure {
  return new Failure("token-unavailable", `the token's file ${path} cannot be used: ${why}`, { cause });
}
