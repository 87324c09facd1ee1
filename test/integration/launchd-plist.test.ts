import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { readPlist } from "../../src/interchange/services/plist-value.js";
import type { ServiceFacts } from "../../src/service/facts.js";
import { renderPlist } from "../../src/service/launchd/render-plist.js";
import { Cleanups } from "../support/cleanups.js";
import { macFacts } from "../support/service-facts.js";
import { hasXmllint, xmllint } from "../support/xmllint.js";

const dtd = fileURLToPath(new URL("../support/schemas/PropertyList-1.0.dtd", import.meta.url));
const cleanups = new Cleanups();
afterAll(() => cleanups.run());

const nasty = `  & <b> > " ' ]]> --> {{label}} &#65; %s $HOME Zoë 漢字 😀\t\n\r  `;
const nastyFacts = macFacts({
  program: { node: nasty, nodeOptions: [nasty, ""], script: nasty, warnings: [] },
  env: { [nasty]: nasty },
  user: { name: nasty, uid: 501, home: nasty, sid: null },
  paths: { ...macFacts().paths, configFile: nasty, stateDir: `/x${nasty}` },
  searchPath: nasty,
  instance: nasty,
  wishes: { scope: "system" },
});

const kinds: readonly [string, ServiceFacts][] = [
  ["an agent", macFacts()],
  ["a headless agent", macFacts({ wishes: { isHeadless: true } })],
  ["a system daemon", macFacts({ wishes: { scope: "system" } })],
  ["nasty values", nastyFacts],
];

function writePlist(text: string): string {
  const file = join(cleanups.folder(), "job.plist");
  writeFileSync(file, text);
  return file;
}

describe.skipIf(!hasXmllint)("the property list as its document type has it (needs xmllint)", () => {
  const lint = (text: string) => xmllint(["--noout", "--nonet", "--dtdvalid", dtd, writePlist(text)]);

  it.each(kinds)("is valid for %s", (_, facts) => {
    // That it did not fetch Apple's own, which the file names, is a warning.
    const { code, stderr } = lint(renderPlist(facts));
    expect(code, stderr).toBe(0);
  });

  it.each([
    ["a key without a value", "<true/>", ""],
    ["an unknown element", "<integer>63</integer>", "<number>63</number>"],
    ["a bare ampersand", "/dev/null", "/dev/&null"],
  ])("would not be valid with %s", (_, from, to) => {
    expect(lint(renderPlist(macFacts()).replace(from, to)).code).not.toBe(0);
  });
});

const python = "import json, plistlib, sys; json.dump(plistlib.load(open(sys.argv[1], 'rb')), sys.stdout)";
const hasPython = spawnSync("python3", ["-c", "import plistlib"]).status === 0;

it.skipIf(!hasPython).each(kinds)(
  "the property list is read alike by plistlib and by our own reader for %s (needs python3)",
  async (_, facts) => {
    const text = renderPlist(facts);
    const { stdout, stderr } = spawnSync("python3", ["-c", python, writePlist(text)], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect({ value: JSON.parse(stdout) }).toEqual(await readPlist(text));
  },
);
