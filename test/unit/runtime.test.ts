import { expect, it } from "vitest";

const wanted = process.env.CLAWTUNNEL_TEST_NODE;

it(`runs on ${wanted === undefined ? "a Node that package.json allows" : `Node ${wanted}, as CI asked`}`, () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (wanted === undefined) expect(major * 100 + minor).toBeGreaterThanOrEqual(2019);
  else expect(major).toBe(Number(wanted));
});
