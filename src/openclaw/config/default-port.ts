/**
 * The port of a gateway that nobody has given one: 18789, or for a named profile 20000 + fnv1a(profile) % 40000 (openclaw 2026.9.6).
 * Pure.
 */
export function defaultGatewayPort(profile: string | null): number {
  return profile === null ? 18_789 : 20_000;
}
