import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { systemErrorCode } from "../../base/system-error.js";

/** systemd-notify waits until systemd has taken the message; longer than this it has no ear for it. */
const notifyMaxMs = 5_000;
const againMs = 2_000;

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
 * socket itself. One child at a time; what is to be said meanwhile is said in one message after it. What fails is tried again, or a
 * moment's lack of memory would leave the watchdog unfed; only a systemd-notify that is not there will not be there later either.
 * `onFailure` is told of the first failure in a row.
 */
export class Notifier {
  readonly #run: RunNotify;
  readonly #onFailure: (error: unknown) => void;
  #next: ServiceMessage = {};
  #isBusy = false;
  #isMissing = false;

  constructor(run: RunNotify, onFailure: (error: unknown) => void) {
    this.#run = run;
    this.#onFailure = onFailure;
  }

  say(message: ServiceMessage): void {
    this.#next = { ...this.#next, ...message };
    if (!this.#isBusy) void this.#empty();
  }

  async #empty(): Promise<void> {
    this.#isBusy = true;
    let isFailing = false;
    while (!this.#isMissing && Object.keys(this.#next).length > 0) {
      const message = this.#next;
      this.#next = {};
      try {
        await this.#run(wordsOf(message));
        isFailing = false;
      } catch (error) {
        if (!isFailing) this.#onFailure(error);
        isFailing = true;
        this.#isMissing = systemErrorCode(error) === "ENOENT";
        this.#next = { ...message, ...this.#next };
        if (!this.#isMissing) await delay(againMs, undefined, { ref: false });
      }
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
      // Also where somebody gave the service another PATH: unheard, systemd would end a daemon that is well.
      const env = { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/bin:/bin`, NOTIFY_SOCKET: socket };
      // SIGTERM would not end one that is stopped, and nothing more would be said for as long.
      const child = spawn("systemd-notify", words, { env, stdio: "ignore", timeout: notifyMaxMs, killSignal: "SIGKILL" });
      child.once("error", reject);
      child.once("close", (code, signal) =>
        code === 0 ? resolve() : reject(new Error(`systemd-notify ended with ${code ?? signal ?? "nothing"}`)),
      );
    });
}
