import type { TestProject } from "vitest/node";
import { isRequired } from "../support/required.js";
import { removeLeftovers, whyNoBox } from "./box.mjs";
import { makeLayers, packProduct } from "./product.mjs";
import { type Layers, type Suite, suites } from "./suites.js";

declare module "vitest" {
  interface ProvidedContext {
    layers: Layers;
  }
}

/** Makes what the boxes are booted from, and says which systemd is left out on this machine: the note of a skipped test is not shown. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const problems = suites.map((suite) => ({ suite, problem: whyNoBox(suite) }));
  for (const { suite, problem } of problems) {
    if (problem === undefined) continue;
    if (isRequired("systemd-box")) throw new Error(`no box of ${suite}: ${problem}`);
    process.stderr.write(`systemd: skipped on ${suite}: ${problem}\n`);
  }
  const { layers, dispose } = await makeAll(problems.flatMap(({ suite, problem }) => (problem === undefined ? suite : [])));
  project.provide("layers", layers);
  return dispose;
}

async function makeAll(wanted: readonly Suite[]): Promise<{ layers: Layers; dispose: () => Promise<void> }> {
  if (wanted.length === 0) return { layers: {}, dispose: async () => {} };
  removeLeftovers();
  const product = await packProduct();
  try {
    const made = await Promise.all(wanted.map(async (suite) => ({ suite, ...(await makeLayers(suite, product)) })));
    return {
      layers: Object.fromEntries(made.map(({ suite, layers }) => [suite, layers])),
      dispose: async () => {
        for (const { dispose } of made) await dispose();
      },
    };
  } finally {
    product.dispose();
  }
}
