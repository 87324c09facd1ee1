import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { findLongFiles, findOffences, type Import, importsIn, linesMax, readSources } from "../support/imports.js";

const sources = readSources(fileURLToPath(new URL("../../src/", import.meta.url)));
const pair = (file: string, imported: string, isTypeOnly = false): Import => ({ file, imported, isTypeOnly });

describe("this program", () => {
  const imports = sources.flatMap(({ file, text }) => importsIn(file, text));

  it("is read whole by this test", () => {
    expect(sources.map(({ file }) => file)).toEqual(
      expect.arrayContaining(["base/failure.ts", "cli/commands/up.ts", "ssh/ssh2/engine.ts"]),
    );
    expect(imports).toContainEqual(pair("tunnel/machine.ts", "tunnel/backoff.ts"));
    expect(imports).toContainEqual(pair("ssh/ssh2/log-in-over.ts", "ssh2"));
    expect(imports).toContainEqual(pair("config/store.ts", "conf"));
    expect(imports).toContainEqual(pair("config/cron.ts", "cron-parser"));
    expect(imports).toContainEqual(pair("cli/ensure-daemon.ts", "daemon/launch.ts"));
  });

  it("imports only downwards, and each package only in its one place", () => {
    expect(findOffences(imports)).toEqual([]);
  });

  it("imports nothing that is not there", () => {
    const files = new Set(sources.map(({ file }) => file));
    expect(imports.filter(({ imported }) => imported.endsWith(".ts") && !files.has(imported))).toEqual([]);
  });

  it("has no file in which a second noun could hide", () => {
    expect(findLongFiles(sources)).toEqual([]);
  });
});

describe("the rule for folders", () => {
  it.each([
    ["base/files.ts", "config/schema.ts", "base is below config"],
    ["ssh/session.ts", "tunnel/state.ts", "ssh is below tunnel"],
    ["forward/listener.ts", "health/check.ts", "forward is below health"],
    ["tunnel/runner.ts", "api/contract.ts", "tunnel is below api"],
    ["daemon/main.ts", "cli/output.ts", "daemon is below cli"],
    ["daemon/main.ts", "demo/run.ts", "daemon is below demo"],
    ["demo/gateway.ts", "daemon/main.ts", "demo may import only base, config, api, demo, ssh/keys/generate-key.ts"],
    ["demo/gateway.ts", "tunnel/runner.ts", "demo may import only base, config, api, demo, ssh/keys/generate-key.ts"],
    ["demo/gateway.ts", "cli/output.ts", "demo may import only base, config, api, demo, ssh/keys/generate-key.ts"],
    ["cli/up.ts", "utils/strings.ts", "the folder utils has no place in the order"],
    ["helpers.ts", "base/failure.ts", "the folder helpers.ts has no place in the order"],
  ])("catches %s -> %s", (file, imported, why) => {
    expect(findOffences([pair(file, imported)])).toEqual([`${file} -> ${imported}: ${why}`]);
  });

  it("catches an import of types alone as well", () => {
    expect(findOffences([pair("base/logger.ts", "daemon/log/log-file.ts", true)])).toHaveLength(1);
  });

  it.each([
    ["base/failure.ts", "base/failure-catalogue.ts"],
    ["tunnel/runner.ts", "forward/listener.ts"],
    ["cli/commands/daemon.ts", "daemon/main.ts"],
    ["cli/commands/demo.ts", "demo/run.ts"],
    ["demo/run.ts", "api/client.ts"],
    ["demo/home.ts", "ssh/keys/generate-key.ts"],
  ])("lets %s -> %s pass", (file, imported) => {
    expect(findOffences([pair(file, imported)])).toEqual([]);
  });
});

describe("the rule for packages", () => {
  it.each([
    ["tunnel/runner.ts", "ssh2", "ssh2 belongs in ssh/ssh2/, demo/ alone"],
    ["ssh/session.ts", "ssh2", "ssh2 belongs in ssh/ssh2/, demo/ alone"],
    ["ssh/host-keys/known-hosts.ts", "ssh2/lib/protocol/crypto.js", "ssh2 belongs in ssh/ssh2/, demo/ alone"],
    ["config/parse.ts", "conf", "conf belongs in config/store.ts alone"],
    ["daemon/main.ts", "pino", "pino belongs in daemon/log/log-file.ts alone"],
    ["cli/define-command.ts", "yargs", "yargs belongs in cli/parse-command-line.ts alone"],
    ["daemon/main.ts", "valibot", "valibot belongs in config/, daemon/check-body.ts, daemon/routes.ts, daemon/openclaw/routes.ts alone"],
    ["config/schema.ts", "@valibot/to-json-schema", "@valibot/to-json-schema belongs in config/json-schema.ts alone"],
    ["tunnel/schedule.ts", "cron-parser", "cron-parser belongs in config/cron.ts alone"],
    ["daemon/timetable/timetable.ts", "node-schedule", "node-schedule belongs in daemon/timetable/alarm.ts alone"],
    ["base/files.ts", "lodash", "lodash is no dependency of ours"],
    ["base/files.ts", "@scope/thing/deep.js", "@scope/thing is no dependency of ours"],
    ["base/files.ts", "fs", "fs is no dependency of ours"],
  ])("catches %s -> %s", (file, imported, why) => {
    expect(findOffences([pair(file, imported)])).toEqual([`${file} -> ${imported}: ${why}`]);
  });

  it("lets types of yargs into the two files that speak of its options, and no further", () => {
    expect(findOffences([pair("cli/define-command.ts", "yargs", true), pair("cli/target-options.ts", "yargs", true)])).toEqual([]);
    expect(findOffences([pair("cli/commands/up.ts", "yargs", true)])).toHaveLength(1);
  });

  it("lets a package into its own place, and Node's modules anywhere", () => {
    expect(
      findOffences([pair("ssh/ssh2/log-in-over.ts", "ssh2"), pair("demo/ssh-server.ts", "ssh2"), pair("base/x.ts", "node:net")]),
    ).toEqual([]);
  });
});

describe("reading imports", () => {
  it.each([
    ['import { a } from "../base/a.js";', "base/a.ts", false],
    ['import type { A } from "../base/a.js";', "base/a.ts", true],
    ['import a, { type B } from "../base/a.js";', "base/a.ts", false],
    ['import {\n  a,\n  b,\n} from "./a.js";', "tunnel/a.ts", false],
    ['import * as a from "./sub/a.js";', "tunnel/sub/a.ts", false],
    ['export { a } from "../a/b.js";', "a/b.ts", false],
    ['export * from "../a/b.js";', "a/b.ts", false],
    ['import "ssh2";', "ssh2", false],
    ['const a = await import("../cli/a.js");', "cli/a.ts", false],
    ['const a = require("cron-parser");', "cron-parser", false],
    ['type A = import("../cli/a.js").A;', "cli/a.ts", false],
  ])("finds %j", (text, imported, isTypeOnly) => {
    expect(importsIn("tunnel/x.ts", text)).toEqual([{ file: "tunnel/x.ts", imported, isTypeOnly }]);
  });

  it("finds each of several, one after another", () => {
    const text = 'import { a } from "./a.js";\nimport type { B } from "./b.js";\n\nexport const c = "from";\n';
    expect(importsIn("tunnel/x.ts", text).map(({ imported }) => imported)).toEqual(["tunnel/a.ts", "tunnel/b.ts"]);
  });
});

describe("the rule for length", () => {
  it("catches a file of one line too many, and lets one of just enough pass", () => {
    const ofLength = (file: string, lines: number) => ({ file, text: "x\n".repeat(lines) });
    const found = findLongFiles([ofLength("a.ts", linesMax), ofLength("b.ts", linesMax + 1)]);
    expect(found).toEqual([`b.ts has ${linesMax + 1} lines, more than ${linesMax}`]);
  });
});
