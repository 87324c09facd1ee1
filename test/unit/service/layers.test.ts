import { describe, expect, it } from "vitest";
import { compareLayers, type Layers } from "../../../src/service/layers.js";
import type { ManagerReport } from "../../../src/service/service.js";

const running: ManagerReport = { state: "running", pid: 7, isEnabled: true, detail: null, findings: [] };
const lingeringOff = { code: "lingering-off", message: "lingering is off", hint: "Turn it on." };
const configBroken = { code: "config-broken", message: "it has stopped because its config is broken", hint: "Mend it." };
const nodeMissing = { code: "node-missing", message: "the node is gone", hint: "Write it anew." };
const lastExit = { at: null, exitCode: 78, code: "config-invalid", message: "tunnels.db.target is missing", hint: "Mend the file." };
const daemon = { pid: 7, version: "0.2.0", service: "systemd" };

/** All is well, but for `changes`. */
function layers(changes: Partial<Layers> = {}, manager: Partial<ManagerReport> = {}): Layers {
  return {
    service: { manager: "systemd", name: "clawtunnel.service", logHint: "journalctl -u x" },
    files: [{ path: "/u/clawtunnel.service", state: "same" }],
    drift: [],
    manager: { ...running, ...manager },
    daemon,
    version: "0.2.0",
    lastExit: null,
    ...changes,
  };
}

const missing = { files: [{ path: "/u/clawtunnel.service", state: "missing" }] } as const;
const different = { files: [{ path: "/u/clawtunnel.service", state: "different" }] } as const;
const cron = { service: { manager: "cron", name: "crontab", logHint: "clawtunnel logs" } } as const;
const noDaemon = { daemon: null };

describe("file, manager and daemon", () => {
  it("agree when each says the same of the others", () => {
    expect(compareLayers(layers())).toEqual({ agrees: true, isRunning: true, findings: [] });
  });

  it("agree under a manager that tells no pid", () => {
    expect(compareLayers(layers({}, { pid: null }))).toMatchObject({ agrees: true });
  });

  it("agree under cron whoever started the daemon, because cron knows nothing of it", () => {
    expect(compareLayers(layers({ ...cron, daemon: { ...daemon, service: "none" } }, { state: "stopped", pid: null }))).toMatchObject({
      agrees: true,
    });
  });

  it.each<[string, string[], Layers]>([
    ["the definition is gone", ["file-missing"], layers(missing)],
    ["the definition was edited, or is of another version", ["file-differs"], layers(different)],
    ["the node has gone, which is why the definition differs", ["node-missing"], layers({ ...different, drift: [nodeMissing] })],
    ["the manager cannot be asked", ["manager-unreachable"], layers({}, { state: "unreachable", pid: null, isEnabled: false })],
    [
      "the manager cannot be asked, and says so itself",
      ["manager-unreachable"],
      layers({}, { state: "unreachable", pid: null, findings: [{ ...lingeringOff, code: "manager-unreachable" }] }),
    ],
    ["the manager does not know it", ["not-known"], layers(noDaemon, { state: "absent", pid: null, isEnabled: false })],
    ["it would not start at the next boot", ["not-enabled"], layers({}, { isEnabled: false })],
    [
      "it would not start at the next boot, and the manager has a word for that",
      ["disabled"],
      layers({}, { isEnabled: false, findings: [{ ...lingeringOff, code: "disabled" }] }),
    ],
    ["it is stopped though it is enabled", ["stopped"], layers(noDaemon, { state: "stopped", pid: null })],
    ["it is stopped and not enabled", ["not-enabled", "stopped"], layers(noDaemon, { state: "stopped", pid: null, isEnabled: false })],
    ["it has failed", ["failed"], layers(noDaemon, { state: "failed", pid: null })],
    ["it crashes, and the manager tries again", ["waiting"], layers(noDaemon, { state: "waiting", pid: null })],
    ["it is still starting", ["starting"], layers(noDaemon, { state: "starting" })],
    ["the manager has it running and nobody answers", ["daemon-silent"], layers(noDaemon)],
    [
      "the daemon told why it gave up, which says more than the state",
      ["last-exit"],
      layers({ ...noDaemon, lastExit }, { state: "failed", pid: null }),
    ],
    [
      "the daemon told why it gave up, and the manager knows half of it",
      ["last-exit", "lingering-off"],
      layers({ ...noDaemon, lastExit }, { state: "failed", pid: null, findings: [configBroken, lingeringOff] }),
    ],
    ["only the manager knows why it does not run", ["config-broken"], layers(noDaemon, { state: "failed", findings: [configBroken] })],
    ["the daemon runs by hand", ["daemon-by-hand"], layers({ daemon: { ...daemon, service: "none" } }, { state: "stopped", pid: null })],
    [
      "another manager's daemon runs",
      ["daemon-of-other"],
      layers({ daemon: { ...daemon, service: "cron" } }, { state: "stopped", pid: null }),
    ],
    ["another process answers", ["pid-differs"], layers({ daemon: { ...daemon, pid: 8 } })],
    ["the manager takes for ended what runs", ["daemon-unwatched"], layers({}, { state: "stopped", pid: null })],
    ["the daemon is of before the upgrade", ["daemon-older"], layers({ daemon: { ...daemon, version: "0.1.0" } })],
    ["the manager finds something that nobody else could", ["lingering-off"], layers({}, { findings: [lingeringOff] })],
  ])("disagree when %s", (_, codes, seen) => {
    const { agrees, findings } = compareLayers(seen);
    expect([agrees, findings.map(({ code }) => code)]).toEqual([false, codes]);
    for (const { message, hint } of findings) expect([message, hint]).not.toContain("");
  });

  it.each([
    ["systemd", layers(noDaemon, { state: "stopped", pid: null }), "login or boot"],
    ["cron", layers({ ...cron, ...noDaemon }, { state: "stopped", pid: null }), "boot"],
  ])("say when %s starts again what is stopped", (_, seen, when) => {
    expect(compareLayers(seen).findings[0]?.message).toMatch(new RegExp(`starts it at the next ${when}$`));
  });

  it("do not mind why a daemon gave up before the one that runs", () => {
    expect(compareLayers(layers({ lastExit }))).toMatchObject({ agrees: true });
  });
});
