/** How far above the wanted port another one is looked for. */
const reach = 100;

/**
 * The ports that may stand in for a busy one, the best first: the one that did before, then those above it. A port that another
 * forward wants is its own, also while nobody listens there.
 */
export function alternativePorts(wanted: number, remembered: number | undefined, spokenFor: ReadonlySet<number>): number[] {
  const above = Array.from({ length: reach }, (_, index) => wanted + index + 1);
  const usable = above.filter((port) => port <= 65_535 && !spokenFor.has(port));
  return remembered !== undefined && usable.includes(remembered) ? [remembered, ...usable.filter((port) => port !== remembered)] : usable;
}
