// The figures of clawtunnel beside those of its peers. `node test/bench/main.mjs [figure..] [--full] [--quick]`, after `npm run build`.
import { boot } from "./boot.mjs";
import { isBuilt } from "./contenders.mjs";
import { measureEngines } from "./engines.mjs";
import { latency } from "./latency.mjs";
import { many } from "./many.mjs";
import { memory } from "./memory.mjs";
import { recovery } from "./recovery.mjs";
import { renderTable } from "./report.mjs";
import { renderEngines } from "./report-engines.mjs";
import { stalledReader } from "./stalled-reader.mjs";
import { start } from "./start.mjs";
import { status } from "./status.mjs";
import { createScope, findMissing } from "./support.mjs";
import { throughput } from "./throughput.mjs";

const figures = {
  recovery,
  boot,
  start,
  status,
  throughput,
  latency,
  memory,
  "stalled-reader": stalledReader,
  many,
  engines: measureEngines,
};
const options = { "--full": "more samples", "--quick": "only a try, for engines" };

const words = process.argv.slice(2);
const names = words.filter((word) => !word.startsWith("--"));
const unknown = [
  ...names.filter((name) => !Object.hasOwn(figures, name)),
  ...words.filter((word) => word.startsWith("--") && !Object.hasOwn(options, word)),
];
const problems = [
  ...unknown.map(
    (word) => `There is no "${word}". Figures: ${Object.keys(figures).join(", ")}. Options: ${Object.keys(options).join(", ")}`,
  ),
  ...findMissing(),
  ...(isBuilt ? [] : ["clawtunnel is not built: npm run build"]),
];
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(2);
}

let scope = createScope();
let interrupted;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    interrupted = scope.end().finally(() => process.exit(130));
  });
}

const rows = [];
for (const name of names.length > 0 ? names : Object.keys(figures)) {
  console.error(`${name} …`);
  scope = createScope();
  try {
    rows.push(...(await figures[name](scope, { isFull: words.includes("--full"), isQuick: words.includes("--quick") })));
  } catch (error) {
    // What is measured fails when its tunnels are taken away.
    await interrupted;
    throw error;
  } finally {
    await scope.end();
  }
}
const ofEngines = rows.filter((row) => row.engines !== undefined);
const ofAll = rows.filter((row) => row.engines === undefined);
console.log([ofAll.length > 0 && renderTable(ofAll), ofEngines.length > 0 && renderEngines(ofEngines)].filter(Boolean).join("\n\n"));
