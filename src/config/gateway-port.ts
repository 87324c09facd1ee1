/** The default profile's, on both sides. */
export const openclawPort = 18_789;

/**
 * The port of a gateway that nobody has given one: for a named profile 20000 + fnv1a(profile) % 40000, with 32 bits (openclaw 2026.9.6,
 * dist/paths). Pure.
 */
export function defaultGatewayPort(profile: string | null): number {
  if (profile === null) return openclawPort;
  let hash = 2_166_136_261;
  for (const byte of Buffer.from(profile, "utf8")) hash = Math.imul(hash ^ byte, 16_777_619) >>> 0;
  return 20_000 + (hash % 40_000);
}
