import type { TestProject } from "vitest/node";
import { Cleanups } from "../support/cleanups.js";
import { isRequired } from "../support/required.js";
import { removeLeftovers, whyNoBox } from "./box.mjs";
import { makeFurniture, makeLayers, packProduct } from "./product.mjs";
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
  const cleanups = new Cleanups();
  if (wanted.length === 0) return { layers: {}, dispose: cleanups.run };
  removeLeftovers();
  try {
    const product = await packProduct();
    cleanups.add(product.dispose);
    const furniture = await makeFurniture(product);
    cleanups.add(furniture.dispose);
    const made = await Promise.all(
      wanted.map(async (suite) => {
        const { layers, dispose } = await makeLayers(suite, furniture.dir);
        cleanups.add(dispose);
        return [suite, layers] as const;
      }),
    );
    return { layers: Object.fromEntries(made), dispose: cleanups.run };
  } catch (error) {
    await cleanups.run();
    throw error;
  }
}
