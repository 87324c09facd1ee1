import { spawn } from "node:child_process";

/** systemd-notify waits until systemd has taken the message; longer than this it has no ear for it. */
const notifyMaxMs = 5_000;

/** What may be said in one message (sd_notify(3)). */
export interface ServiceMessage {
  readonly ready?: true;
  readonly status?: string;
  readonly isWell?: true;
  readonly stopping?: true;
}

/** Runs systemd-notify with these words, and resolves when it has ended. Rejects with why it could not be run or failed. */
export type RunNotify = (words: readonly string[]) => Promise<void>;

/**
 * Says things to systemd, which must accept them from a child of the daemon (NotifyAccess=all): node cannot write to a datagram
 * socket itself. One child at a time; what is to be said meanwhile is said in one message after it. The first that fails is told to
 * `onDeaf` and is the last, since nothing on the machine will change for it.
 */
export class Notifier {
  readonly #run: RunNotify;
  readonly #onDeaf: (error: unknown) => void;
  #next: ServiceMessage = {};
  #isBusy = false;
  #isDeaf = false;

  constructor(run: RunNotify, onDeaf: (error: unknown) => void) {
    this.#run = run;
    this.#onDeaf = onDeaf;
  }

  say(message: ServiceMessage): void {
    this.#next = { ...this.#next, ...message };
    void this.#empty();
  }

  async #empty(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (!this.#isDeaf && Object.keys(this.#next).length > 0) {
      const words = wordsOf(this.#next);
      this.#next = {};
      await this.#run(words).catch((error: unknown) => {
        this.#isDeaf = true;
        this.#onDeaf(error);
      });
    }
    this.#isBusy = false;
  }
}

function wordsOf({ ready, status, isWell, stopping }: ServiceMessage): string[] {
  return [
    ...(ready ? [`--pid=${process.pid}`, "--ready"] : []),
    ...(status === undefined ? [] : [`--status=${status}`]),
    ...(isWell ? ["WATCHDOG=1"] : []),
    ...(stopping ? ["STOPPING=1"] : []),
  ];
}

/** The system's own, which alone is told where systemd listens. */
export function systemdNotify(socket: string): RunNotify {
  return (words) =>
    new Promise((resolve, reject) => {
      const env = { ...process.env, NOTIFY_SOCKET: socket };
      const child = spawn("systemd-notify", words, { env, stdio: "ignore", timeout: notifyMaxMs });
      child.once("error", reject);
      child.once("close", (code, signal) =>
        code === 0 ? resolve() : reject(new Error(`systemd-notify ended with ${code ?? signal ?? "nothing"}`)),
      );
    });
}
