import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { asFailure, Failure } from "../../base/failure.js";
import { errorText, systemErrorCode } from "../../base/system-error.js";
import { expandHome } from "../../config/expand-home.js";
import type { ClientFacts } from "./judge-machine.js";

/** The configuration of the `openclaw` of this machine, where its own documentation says it is (openclaw 2026.9.6). Never rejects. */
export async function lookAtClient(env: NodeJS.ProcessEnv): Promise<ClientFacts> {
  const path = clientConfigPath(env);
  const nothing = { path, exists: false, failure: null, mode: null, url: null, port: null };
  try {
    const text = await readFile(path, "utf8");
    const { parseJson5 } = await import("../../openclaw/config/json5.js");
    const gateway = field(parseJson5(text), "gateway");
    const [mode, url, port] = [field(gateway, "mode"), field(field(gateway, "remote"), "url"), field(gateway, "port")];
    return {
      ...nothing,
      exists: true,
      mode: typeof mode === "string" ? mode : null,
      url: typeof url === "string" ? url : null,
      port: typeof port === "number" ? port : null,
    };
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return nothing;
    const failure = error instanceof Failure ? error : new Failure("client-config-unusable", errorText(error), { cause: error });
    return { ...nothing, exists: true, failure: asFailure(failure).report() };
  }
}

function clientConfigPath(env: NodeJS.ProcessEnv): string {
  if (env.OPENCLAW_CONFIG_PATH) return expandHome(env.OPENCLAW_CONFIG_PATH);
  const state = env.OPENCLAW_STATE_DIR ? expandHome(env.OPENCLAW_STATE_DIR) : join(env.OPENCLAW_HOME ?? homedir(), ".openclaw");
  return join(state, "openclaw.json");
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
