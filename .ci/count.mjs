// Adds up vitest's JSON reports: `node count.mjs FAILED_STEPS REPORT…`. A step that failed outside the tests counts as one failure.
import { existsSync, readFileSync } from "node:fs";

const [failedSteps, ...paths] = process.argv.slice(2);
const reports = paths.filter((path) => existsSync(path)).map((path) => JSON.parse(readFileSync(path, "utf8")));
const sum = (read) => reports.reduce((total, report) => total + read(report), 0);
const passed = sum((report) => report.numPassedTests);
const skipped = sum((report) => report.numPendingTests + report.numTodoTests);
const failed = sum((report) => report.numFailedTests) + Number(failedSteps);
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
