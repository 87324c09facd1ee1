import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { asFailure } from "../../base/failure.js";
import type { ClientFacts } from "./judge-machine.js";

/** What the `openclaw` of this machine is told of its gateway. Never rejects. */
export async function lookAtClient(env: NodeJS.ProcessEnv): Promise<ClientFacts> {
  const [{ findClientConfig }, { readClientFile }, { valueAt }] = await Promise.all([
    import("../../openclaw/client/find-client-config.js"),
    import("../../openclaw/client/client-file.js"),
    import("../../openclaw/config/value-at.js"),
  ]);
  // It is only read here, whoever else keeps it.
  const { OPENCLAW_CONFIG_READONLY: _readonly, OPENCLAW_NIX_MODE: _nix, ...others } = env;
  const path = findClientConfig({ env: others, home: homedir(), exists: existsSync });
  try {
    const { text, config } = readClientFile(path);
    const [mode, url, port] = [["mode"], ["remote", "url"], ["port"]].map((at) => valueAt(config, ["gateway", ...at]));
    return {
      path,
      exists: text !== null,
      failure: null,
      mode: typeof mode === "string" ? mode : null,
      url: typeof url === "string" ? url : null,
      port: typeof port === "number" ? port : null,
    };
  } catch (error) {
    return { path, exists: true, failure: asFailure(error).report(), mode: null, url: null, port: null };
  }
}
