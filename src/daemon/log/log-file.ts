import { chmodSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import pino, { type Logger as PinoLogger } from "pino";
import { makePrivateFolder } from "../../base/files.js";

const maxBytes = 5 * 1024 * 1024;
const keptFiles = 3;
/** Lines that a full disk keeps waiting; beyond it they are dropped, never the daemon. */
const maxWaitingBytes = 1024 * 1024;

/** What never belongs in a log, should it ever come there. */
const secretFields = ["answer", "secret", "password", "passphrase", "token", "privateKey"];

/** The log in force, and why it cannot be written now, if it cannot. */
export interface DaemonLog {
  readonly logger: PinoLogger;
  failure(): string | null;
}

/**
 * JSON lines, 0600, rotated by size: `daemon.log`, then `.1` to `.3`. Written at once, so that the last line before a crash is
 * there. A full disk is told in `status`, and costs lines, not tunnels. `echo` is told each line as well.
 */
export function openLog(path: string, options: { level: string; echo: (line: string) => void }): DaemonLog {
  makePrivateFolder(dirname(path));
  let failure: string | null = null;
  let writtenBytes = sizeOf(path);
  const file = pino.destination({ dest: path, sync: true, mode: 0o600, maxLength: maxWaitingBytes });
  file.on("error", (error: Error) => {
    failure = error.message;
  });
  file.on("write", (bytes: number) => {
    failure = null;
    writtenBytes += bytes;
    if (writtenBytes < maxBytes) return;
    writtenBytes = 0;
    rotate(path);
    file.reopen();
  });
  if (process.platform !== "win32") chmodSync(path, 0o600);
  const streams = [file, { write: options.echo }].map((stream) => ({ level: options.level, stream }));
  const logger = pino(
    {
      level: options.level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: secretFields.flatMap((field) => [field, `*.${field}`]),
        censor: "[redacted]",
      },
    },
    pino.multistream(streams),
  );
  return { logger, failure: () => failure };
}

function rotate(path: string): void {
  rmSync(`${path}.${keptFiles}`, { force: true });
  for (let index = keptFiles - 1; index >= 0; index -= 1) {
    const from = index === 0 ? path : `${path}.${index}`;
    if (sizeOf(from) > 0) renameSync(from, `${path}.${index + 1}`);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
