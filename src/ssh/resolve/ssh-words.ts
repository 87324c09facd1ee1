import type { LoginSpec } from "../../config/tunnel-spec.js";

/**
 * The words of an ssh(1) command line that say the same as `login`. Options come first: what the tunnel's own config says wins
 * over every file. The host is the last word, as the user wrote it, after `--`.
 */
export function sshWords(login: LoginSpec): string[] {
  const { target, configFile, jump, identities, options, connectTimeoutMs } = login;
  return [
    ...(configFile === null ? [] : ["-F", configFile]),
    ...options.flatMap((option) => ["-o", option]),
    ...(connectTimeoutMs === null ? [] : ["-o", `ConnectTimeout=${Math.ceil(connectTimeoutMs / 1000)}`]),
    ...(target.port === null ? [] : ["-p", String(target.port)]),
    ...(target.user === null ? [] : ["-l", target.user]),
    ...identities.flatMap(identityWords),
    ...(jump.length === 0 ? [] : ["-J", jump.join(",")]),
    "--",
    target.host,
  ];
}

/** ssh leaves out a file that `-i` names and that is not there, and offers other keys in its place; one named by an option it keeps. */
function identityWords(path: string): string[] {
  return path.includes('"') || path.includes("\\") ? ["-i", path] : ["-o", `IdentityFile="${path}"`];
}
