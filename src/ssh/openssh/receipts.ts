import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { makePrivateFolder, replaceFile } from "../../base/files.js";
import { signalGroup } from "../../base/process-group.js";
import { isProcessAlive, processCommand, processStartedAt } from "../../base/process-identity.js";
import { removeSocketFolder } from "./socket-folder.js";

/** Which ssh is ours: enough to know it again for certain, after the daemon that started it was killed. */
interface Receipt {
  /** The daemon: while it lives the ssh is its own business. */
  readonly ownerPid: number;
  readonly ownerStartedAt: string | null;
  /** Null until it is started. */
  readonly pid: number | null;
  readonly startedAt: string | null;
  readonly words: readonly string[];
  readonly socketFolder: string;
}

const patienceMs = 500;
const lookEveryMs = 20;

/** The receipts of one home, a file for each ssh that runs, 0600 in a 0700 folder. */
export class Receipts {
  readonly #folder: string;

  constructor(stateDir: string) {
    this.#folder = join(stateDir, "ssh");
  }

  /**
   * Writes one before the ssh is started: a daemon that is killed in between leaves a folder, which then is known. Where there is no
   * room for it the ssh runs without: most end by themselves when their terminal goes with the daemon.
   */
  async begin(words: readonly string[], socketFolder: string): Promise<ReceiptFile | undefined> {
    const ownerStartedAt = await processStartedAt(process.pid);
    const receipt: Receipt = { ownerPid: process.pid, ownerStartedAt, pid: null, startedAt: null, words, socketFolder };
    try {
      makePrivateFolder(this.#folder);
      return new ReceiptFile(join(this.#folder, `${randomUUID()}.json`), receipt);
    } catch {
      return undefined;
    }
  }

  /** Ends every ssh that a daemon which is no more has left running, and removes what it has left lying. Never rejects. */
  async reap(): Promise<void> {
    await Promise.all(listFiles(this.#folder).map((path) => reapOne(path).catch(() => {})));
  }
}

export class ReceiptFile {
  readonly #path: string;
  readonly #receipt: Receipt;
  #isRemoved = false;

  constructor(path: string, receipt: Receipt) {
    this.#path = path;
    this.#receipt = receipt;
    replaceFile(path, JSON.stringify(receipt));
  }

  async started(pid: number): Promise<void> {
    const startedAt = await processStartedAt(pid);
    // When it has ended already there is nothing left to know again.
    if (startedAt === null || this.#isRemoved) return;
    try {
      replaceFile(this.#path, JSON.stringify({ ...this.#receipt, pid, startedAt }));
    } catch {
      // As without one.
    }
  }

  remove(): void {
    this.#isRemoved = true;
    rmSync(this.#path, { force: true });
  }
}

async function reapOne(path: string): Promise<void> {
  const receipt = readReceipt(path);
  if (receipt !== undefined) {
    const { ownerPid, ownerStartedAt, pid, socketFolder } = receipt;
    if (isProcessAlive(ownerPid) && (await processStartedAt(ownerPid)) === ownerStartedAt) return;
    if (pid !== null && (await isStill(receipt, pid))) await endGroup(receipt, pid);
    removeSocketFolder(socketFolder);
  }
  rmSync(path, { force: true });
}

/** The pid alone may have gone to another process: the same one has started at the same time, with the same words. */
async function isStill({ startedAt, words }: Receipt, pid: number): Promise<boolean> {
  if (startedAt === null || (await processStartedAt(pid)) !== startedAt) return false;
  const command = await processCommand(pid);
  return command === ["ssh", ...words].join("\0") || command === ["ssh", ...words].join(" ");
}

async function endGroup(receipt: Receipt, pid: number): Promise<void> {
  signalGroup(pid, "SIGTERM");
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += lookEveryMs) {
    await delay(lookEveryMs);
    if (!(await isStill(receipt, pid))) return;
  }
  signalGroup(pid, "SIGKILL");
}

/** Drafts too: a daemon may be killed before one is in its place, and it says the same. */
function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function readReceipt(path: string): Receipt | undefined {
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Partial<Receipt> | null;
    if (typeof value?.ownerPid !== "number" || typeof value.socketFolder !== "string" || !Array.isArray(value.words)) return undefined;
    return { ownerStartedAt: null, pid: null, startedAt: null, ...value } as Receipt;
  } catch {
    return undefined;
  }
}
