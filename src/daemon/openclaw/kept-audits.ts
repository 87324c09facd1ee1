import { readFileSync } from "node:fs";
import { replaceFile } from "../../base/files.js";
import { isObject } from "../../base/is-object.js";
import type { Logger } from "../../base/logger.js";
import type { KeptAudit } from "../../openclaw/audit/remember.js";

/** What the last audits of each tunnel came to, in a file of the state folder. No evidence, and no secrets. */
export class KeptAudits {
  readonly #path: string;
  readonly #log: Logger;
  readonly #audits: Map<string, KeptAudit>;

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
    this.#audits = new Map(readAudits(path));
  }

  get(tunnel: string): KeptAudit | undefined {
    return this.#audits.get(tunnel);
  }

  set(tunnel: string, audit: KeptAudit): void {
    this.#audits.set(tunnel, audit);
    this.#write();
  }

  /** What is known of tunnels that are no more is forgotten. */
  keepOnly(tunnels: ReadonlySet<string>): void {
    const gone = [...this.#audits.keys()].filter((tunnel) => !tunnels.has(tunnel));
    for (const tunnel of gone) this.#audits.delete(tunnel);
    if (gone.length > 0) this.#write();
  }

  #write(): void {
    try {
      replaceFile(this.#path, `${JSON.stringify({ audits: Object.fromEntries(this.#audits) })}\n`);
    } catch (error) {
      this.#log.warn({ event: "audit.unwritten", err: error }, "what the audit found could not be written; a new daemon would not know it");
    }
  }
}

/** A missing or damaged file means that nothing was looked at: it will be. */
function readAudits(path: string): [string, KeptAudit][] {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (!isObject(value) || !isObject(value.audits)) return [];
    return Object.entries(value.audits).flatMap(([tunnel, audit]) => (isKeptAudit(audit) ? [[tunnel, audit]] : []));
  } catch {
    return [];
  }
}

function isKeptAudit(value: unknown): value is KeptAudit {
  if (!isObject(value) || !Array.isArray(value.findings)) return false;
  const isTimeOrNull = (time: unknown) => time === null || (typeof time === "string" && !Number.isNaN(Date.parse(time)));
  const areFindings = value.findings.every(
    (finding) => isObject(finding) && typeof finding.code === "string" && typeof finding.title === "string",
  );
  return typeof value.target === "string" && isTimeOrNull(value.triedAt) && isTimeOrNull(value.at) && areFindings;
}
