/** Smallest, middle and largest. */
export function spread(samples) {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2;
  return { min: sorted[0], median, max: sorted.at(-1) };
}

/**
 * One line of the table: `{ what, unit, clawtunnel: samples, peer?, goal? }`, with one peer or several as `{ name, samples, note? }`
 * and a goal as `{ ratioMax }`, `{ ratioMin }` (the medians), `{ max }` (the median, in the unit), `{ worstMax }` (every sample).
 * What never came is a sample of Infinity.
 */
export function renderTable(rows) {
  const lines = rows.map((row) => `| ${cells(row).join(" | ")} |`);
  return ["| figure | unit | clawtunnel | peer | ratio | goal | met |", "| --- | --- | --- | --- | --- | --- | --- |", ...lines].join("\n");
}

function cells({ what, unit, clawtunnel, peer = [], goal = {} }) {
  const peers = [peer].flat();
  const ratios = peers.map(({ samples }) => spread(clawtunnel).median / spread(samples).median);
  return [
    what,
    unit,
    describe(clawtunnel, "**"),
    peers.map(({ name, samples, note }) => [name, describe(samples), ...(note === undefined ? [] : [note])].join(" ")).join("; "),
    ratios.map(formatRatio).join("; "),
    describeGoal(goal, unit),
    Object.keys(goal).length === 0 ? "" : isMet(goal, ratios[0], spread(clawtunnel)),
  ];
}

export function formatRatio(ratio) {
  return ratio > 0 && ratio < Infinity ? `${ratio.toFixed(2)} ×` : "–";
}

export function describe(samples, emphasis = "") {
  const { min, median, max } = spread(samples);
  const middle = `${emphasis}${round(median)}${emphasis}`;
  if (samples.length === 1) return middle;
  return min === max ? `${middle} (n = ${samples.length})` : `${middle} (${round(min)}–${round(max)}, n = ${samples.length})`;
}

function round(value) {
  if (value === Infinity) return "never";
  if (value >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function describeGoal({ ratioMax, ratioMin, max, worstMax }, unit) {
  const parts = [
    ratioMax === undefined ? undefined : `≤ ${ratioMax} ×`,
    ratioMin === undefined ? undefined : `≥ ${ratioMin} ×`,
    max === undefined ? undefined : `≤ ${max} ${unit}`,
    worstMax === undefined ? undefined : `worst ≤ ${worstMax} ${unit}`,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

export function isMet({ ratioMax = Infinity, ratioMin = 0, max = Infinity, worstMax = Infinity }, ratio = 1, { median, max: worst }) {
  return ratio <= ratioMax && ratio >= ratioMin && median <= max && worst <= worstMax ? "yes" : "no";
}
