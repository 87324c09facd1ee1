import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { basename, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ServiceFacts } from "../../src/service/facts.js";
import { unitFiles } from "../../src/service/systemd/unit-files.js";
import { Cleanups } from "../support/cleanups.js";
import { isRequired } from "../support/required.js";
import { linuxFacts } from "../support/service-facts.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

const hasAnalyze = isRequired("systemd-analyze") || spawnSync("systemd-analyze", ["--version"]).error === undefined;

/** What `systemd-analyze verify` says of the units, written to a folder of their own. It needs no systemd that runs. */
function verify(facts: ServiceFacts, runtimeDir: string): { readonly code: number | null; readonly said: string } {
  const folder = mkdtempSync(join(tmpdir(), "clawtunnel-units-"));
  cleanups.add(() => rmSync(folder, { recursive: true, force: true }));
  const paths = unitFiles(facts).map(({ path, contents }) => {
    const file = join(folder, basename(path));
    writeFileSync(file, contents);
    return file;
  });
  const scope = facts.wishes.scope === "user" ? ["--user"] : [];
  const env = { ...process.env, LC_ALL: "C", XDG_RUNTIME_DIR: runtimeDir };
  const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", ...scope, "--man=no", ...paths], { encoding: "utf8", env });
  // Units of this machine's own are read along.
  const ofOurs = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("clawtunnel"));
  return { code: status, said: ofOurs.filter((line) => !/Unknown key.*Restart(Steps|MaxDelaySec)/.test(line)).join("\n") };
}

function makeFolder(name = ""): string {
  const folder = mkdtempSync(join(tmpdir(), "clawtunnel-verify-"));
  cleanups.add(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, name), { recursive: true });
  return join(folder, name);
}

const program = { node: process.execPath };
const user = { name: userInfo().username };

describe.skipIf(!hasAnalyze)("systemd-analyze verify (needs systemd)", () => {
  it.each<[string, ServiceFacts]>([
    ["as they usually are", linuxFacts({ program })],
    ["for a systemd that can slow down", linuxFacts({ program, systemd: { version: 257 } })],
    ["without systemd-notify and without hardening", linuxFacts({ program, systemd: { canNotify: false }, wishes: { isHardened: false } })],
    ["for the machine", linuxFacts({ program, user, wishes: { scope: "system" } })],
    ["of another home", linuxFacts({ program, instance: "1a2b3c4d", env: { CLAWTUNNEL_HOME: "/srv/x" } })],
  ])("has nothing to say of the units %s", (_, facts) => {
    expect(verify(facts, makeFolder())).toEqual({ code: 0, said: "" });
  });

  it("has nothing to say of paths and values that need every escape", () => {
    const nasty = `it's 100% "$HOME" \\ größe; %h`;
    const node = join(makeFolder("no de $x 100% größe"), "node");
    writeFileSync(node, "#!/bin/sh\n", { mode: 0o755 });
    const facts = linuxFacts({
      program: { node, nodeOptions: [`--title=${nasty}`, ";", ""], script: `/opt/${nasty}/main.js` },
      searchPath: `/opt/${nasty}:/bin`,
      env: { CLAWTUNNEL_HOME: `/srv/${nasty}`, XDG_STATE_HOME: "a\nb\tc" },
      paths: { ...linuxFacts().paths, configFile: `/srv/${nasty}/config.json` },
    });
    expect(verify(facts, makeFolder())).toEqual({ code: 0, said: "" });
  });

  it("fails where node is gone, and names our unit: that is what an install judges by", () => {
    const { code, said } = verify(linuxFacts({ program: { node: "/nowhere/node" } }), makeFolder());
    expect(code).not.toBe(0);
    expect(said).toContain("clawtunnel.service: Command /nowhere/node is not executable");
  });
});
