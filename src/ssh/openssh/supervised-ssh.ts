import { join } from "node:path";
import { signalGroup } from "../../base/process-group.js";
import { type loadPty, type SshOutput, type SshProcess, startAtTerminal, startWithPipes } from "./process.js";
import type { Receipts } from "./receipts.js";
import { makeSocketFolder, removeSocketFolder } from "./socket-folder.js";

/** How long ssh may take to say goodbye. */
const goodbyeMs = 500;

/** What runs now: whatever ends this process, short of SIGKILL, ends them. */
const running = new Set<{ killNow(): void }>();
process.once("exit", () => {
  for (const ssh of running) ssh.killNow();
});

export interface StartFacts {
  readonly runtimeDir: string;
  readonly receipts: Receipts;
  readonly env: NodeJS.ProcessEnv;
  readonly loadPty: typeof loadPty;
  /** ssh's words, which may depend on its control socket and on whether it can ask. */
  words(controlPath: string, canAsk: boolean): readonly string[];
}

/** One ssh with a folder for its sockets and a receipt: begun together, and removed together when it has ended. */
export class SupervisedSsh {
  readonly folder: string;
  readonly exited: Promise<string>;
  readonly #process: SshProcess;
  #isEnding = false;

  static async start({ runtimeDir, receipts, env, loadPty, words }: StartFacts, output: SshOutput): Promise<SupervisedSsh> {
    const pty = await loadPty();
    const folder = makeSocketFolder(runtimeDir);
    try {
      const said = words(controlPathIn(folder), pty !== undefined);
      const receipt = await receipts.begin(said, folder);
      const logPath = join(folder, "log");
      const started = await (pty === undefined ? startWithPipes(said, env, output) : startAtTerminal(pty, said, logPath, env, output));
      const ssh = new SupervisedSsh(started, folder, () => receipt?.remove());
      // Not waited for: what it asks may come at any moment, and has to find somebody to answer.
      void receipt?.started(started.pid);
      return ssh;
    } catch (error) {
      removeSocketFolder(folder);
      throw error;
    }
  }

  private constructor(started: SshProcess, folder: string, removeReceipt: () => void) {
    this.#process = started;
    this.folder = folder;
    const cleanUp = () => {
      running.delete(entry);
      removeSocketFolder(folder);
      removeReceipt();
    };
    const entry = {
      killNow: () => {
        signalGroup(started.pid, "SIGKILL");
        cleanUp();
      },
    };
    running.add(entry);
    this.exited = started.exited.then((how) => {
      cleanUp();
      return how;
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  get controlPath(): string {
    return controlPathIn(this.folder);
  }

  type(text: string): void {
    this.#process.type(text);
  }

  /** Ends it and all that it has started. `exited` then resolves. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    signalGroup(this.#process.pid, "SIGTERM");
    const timer = setTimeout(() => signalGroup(this.#process.pid, "SIGKILL"), goodbyeMs);
    void this.exited.then(() => clearTimeout(timer));
  }
}

function controlPathIn(folder: string): string {
  return join(folder, "c");
}
