/** The default profile's, on both sides. */
export const openclawPort = 18_789;
/** What stands beside that gateway and is none: its sandbox for apps and, before 2026.9, its browser control. */
export const sandboxPort = openclawPort + 1;
export const browserControlPort = openclawPort + 2;
/** Of the profile `dev`, which stands for `--dev`. */
export const devPort = 19_001;

/**
 * The port of an OpenClaw gateway that nobody has given one: 18789; of a named profile 20000 and the profile's FNV-1a hash modulo
 * 40000; of `dev` its own. As openclaw 2026.9.6 has it. Pure.
 */
export function defaultOpenclawPort(profile: string | null): number {
  if (profile === null || profile.toLowerCase() === "default") return openclawPort;
  if (profile === "dev") return devPort;
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(profile, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return 20_000 + (hash % 40_000);
}
