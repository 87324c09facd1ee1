/** The default profile's, on both sides. */
export const openclawPort = 18_789;

/**
 * The port of an OpenClaw gateway that nobody has given one: 18789; of a named profile 20000 and the profile's FNV-1a hash modulo
 * 40000; of `dev`, which stands for `--dev`, 19001. As openclaw 2026.9.6 has it. Pure.
 */
export function defaultOpenclawPort(profile: string | null): number {
  if (profile === null || profile.toLowerCase() === "default") return openclawPort;
  if (profile === "dev") return 19_001;
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(profile, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return 20_000 + (hash % 40_000);
}
