/** Smallest, middle and largest. */
export function spread(samples) {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2;
  return { min: sorted[0], median, max: sorted.at(-1) };
}

/**
 * One line of the table: `{ what, unit, clawtunnel: samples, peer?: { name, samples }, goal? }`, with a goal as
 * `{ ratioMax }`, `{ ratioMin }` (times the peer) or `{ max }` (in the unit).
 */
export function renderTable(rows) {
  const lines = rows.map((row) => `| ${cells(row).join(" | ")} |`);
  return ["| figure | unit | clawtunnel | peer | ratio | goal | met |", "| --- | --- | --- | --- | --- | --- | --- |", ...lines].join("\n");
}

function cells({ what, unit, clawtunnel, peer, goal }) {
  const ratio = peer && spread(clawtunnel).median / spread(peer.samples).median;
  return [
    what,
    unit,
    `**${describe(clawtunnel)}`,
    peer === undefined ? "" : `${peer.name} ${describe(peer.samples).replace("**", "")}`,
    ratio === undefined ? "" : `${ratio.toFixed(2)} ×`,
    describeGoal(goal, unit),
    isMet(goal, ratio, clawtunnel),
  ];
}

function describe(samples) {
  const { min, median, max } = spread(samples);
  return samples.length === 1 ? `${round(median)}**` : `${round(median)}** (${round(min)}–${round(max)}, n = ${samples.length})`;
}

function round(value) {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function describeGoal(goal, unit) {
  if (goal === undefined) return "";
  if (goal.max !== undefined) return `< ${goal.max} ${unit}`;
  return goal.ratioMax !== undefined ? `≤ ${goal.ratioMax} ×` : `≥ ${goal.ratioMin} ×`;
}

function isMet(goal, ratio, samples) {
  if (goal === undefined) return "";
  if (goal.max !== undefined) return spread(samples).median < goal.max ? "yes" : "no";
  return (goal.ratioMax !== undefined ? ratio <= goal.ratioMax : ratio >= goal.ratioMin) ? "yes" : "no";
}
