import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { Failure } from "../../../base/failure.js";
import { errorText } from "../../../base/system-error.js";

/** No token is longer: a file that is was named by mistake. */
const tokenMaxBytes = 4_096;

/** The token in a variable. Throws `gateway-token-missing`. */
export function tokenInEnv(name: string, env: NodeJS.ProcessEnv): string {
  const token = env[name]?.trim();
  if (token) return token;
  throw new Failure("gateway-token-missing", `the daemon has no variable ${name}, which health.deep names for the token`, {
    hint: "A daemon has the variables that it was started with: start it where this one is set, or use tokenFile.",
  });
}

/** The token in a file that nobody but its owner can read or write. Throws `gateway-token-missing`; what is in it is never told. */
export async function tokenInFile(path: string): Promise<string> {
  const unusable = (why: string, hint = "Write the token, and nothing else, into the file that health.deep names.") =>
    new Failure("gateway-token-missing", `the token's file ${path} cannot be used: ${why}`, { hint });
  // A pipe would be waited for without O_NONBLOCK. Windows has none of these.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, flags).catch((error: unknown) => {
    throw unusable(errorText(error));
  });
  try {
    const { mode, size } = await file.stat().then((stats) => {
      if (!stats.isFile()) throw unusable("it is no regular file");
      return stats;
    });
    if (process.platform !== "win32" && (mode & 0o077) !== 0)
      throw unusable(`others may use it (mode ${(mode & 0o777).toString(8)})`, `Keep it to yourself: \`chmod 600 ${path}\`.`);
    if (size > tokenMaxBytes) throw unusable(`it has ${size} bytes, which is no token`);
    const token = (await file.readFile("utf8")).trim();
    if (token === "" || /\s/.test(token)) throw unusable(token === "" ? "it is empty" : "it has more than one word");
    return token;
  } finally {
    await file.close();
  }
}

/** Tells tokens apart and does not show them. */
export function printOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
