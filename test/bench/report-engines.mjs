import { describe, describeGoal, formatRatio, isMet, spread } from "./report.mjs";

/** One line of the table: `{ what, unit, engines: { ssh2, openssh }, peer: { name, samples }, goal? }`. The goal is openssh's. */
export function renderEngines(rows) {
  const head = ["figure", "unit", "ssh2", "openssh", "peer", "ssh2 ÷ peer", "openssh ÷ peer", "goal of openssh", "met"];
  return [head, head.map(() => "---"), ...rows.map(cells)].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function cells({ what, unit, engines: { ssh2, openssh }, peer, goal }) {
  const toPeer = (samples) => spread(samples).median / spread(peer.samples).median;
  return [
    what,
    unit,
    describe(ssh2, "**"),
    describe(openssh, "**"),
    `${peer.name} ${describe(peer.samples)}`,
    formatRatio(toPeer(ssh2)),
    formatRatio(toPeer(openssh)),
    goal === undefined ? "" : describeGoal(goal, unit),
    goal === undefined ? "" : isMet(goal, toPeer(openssh), spread(openssh)),
  ];
}
