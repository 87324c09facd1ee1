import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failureCatalogue } from "../../src/base/failure-catalogue.js";
import { registry } from "../../src/cli/registry.js";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const rows = new Map([...readme.matchAll(/^\| `([a-z-]+)` \| (\w+) \| (.*) \|$/gm)].map(([, code, fate, hint]) => [code, { fate, hint }]));
const words = { retry: "retried", "needs-user": "held", none: "told" };

describe("README", () => {
  it("lists every failure code with what happens then and what to do, and no other", () => {
    const catalogue = Object.entries(failureCatalogue).map(([code, { recovery, hint }]) => [code, { fate: words[recovery], hint }]);
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(catalogue));
  });

  it.each(Object.keys(registry))("names the command %s", (name) => {
    expect(readme).toMatch(new RegExp(`clawtunnel ${name}\\b|\`${name} `));
  });
});
