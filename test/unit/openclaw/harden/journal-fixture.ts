import type { Journal } from "../../../../src/openclaw/harden/journal.js";

export function someJournal(parts: Partial<Journal> = {}): Journal {
  return {
    version: 1,
    phase: "apply",
    file: "/home/me/.openclaw/openclaw.json",
    backup: "/home/me/.openclaw/openclaw.json.clawtunnel-backup-20260101T000000Z",
    before: "aa",
    after: "bb",
    bindBefore: "lan",
    port: 18_789,
    listenersBefore: ["0.0.0.0:18789"],
    unit: null,
    restart: null,
    begunAt: "20260101T000000Z",
    ...parts,
  };
}
