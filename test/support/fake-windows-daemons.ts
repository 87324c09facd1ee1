import type { DaemonLink } from "../../src/service/flows/perform.js";

interface FakeProcess {
  readonly pid: number;
  readonly service: string;
  readonly argv: readonly string[];
  /** Whether the launcher still waits for it. */
  isWaitedFor: boolean;
}

/** The daemons of one user as processes: one holds the lock, and one that a service starts takes it from one that was started by hand. */
export class FakeWindowsDaemons {
  /** What a start comes to at once, for a daemon that cannot run. */
  endsAtStartWith: number | null = null;
  /** Every daemon that was started, the latest last. */
  readonly started: FakeProcess[] = [];
  #holder: FakeProcess | null = null;
  #pid = 1000;
  readonly #tellLauncher: (exitCode: number) => void;

  constructor(tellLauncher: (exitCode: number) => void) {
    this.#tellLauncher = tellLauncher;
  }

  get running(): FakeProcess | null {
    return this.#holder;
  }

  readonly link: DaemonLink = {
    ask: async () => (this.#holder === null ? undefined : { pid: this.#holder.pid, version: "1.0.0", service: this.#holder.service }),
    end: async () => this.#endHolder(0),
    start: async () => void this.#begin({ service: "none", argv: [], isWaitedFor: false }),
  };

  startForLauncher({ argv, env }: { argv: readonly string[]; env: Readonly<Record<string, string>> }): void {
    const service = env.CLAWTUNNEL_SERVICE ?? "none";
    const daemon = this.#begin({ service, argv, isWaitedFor: true });
    // 75: the other one is a service's as well.
    const endsWith = this.endsAtStartWith ?? (this.#holder !== null && this.#holder.service !== "none" ? 75 : null);
    if (endsWith === null) this.#takeOver(daemon);
    else this.#tellLauncher(endsWith);
  }

  #takeOver(daemon: FakeProcess): void {
    this.#endHolder(0);
    this.#holder = daemon;
  }

  crash(): void {
    this.#endHolder(1);
  }

  /** The launcher is gone; the daemon has not heard of it. */
  orphan(): void {
    if (this.#holder !== null) this.#holder.isWaitedFor = false;
  }

  endAll(): void {
    this.#holder = null;
  }

  #begin(process: Omit<FakeProcess, "pid">): FakeProcess {
    this.#pid += 1;
    const daemon = { ...process, pid: this.#pid };
    this.started.push(daemon);
    if (process.service === "none") this.#holder ??= daemon;
    return daemon;
  }

  #endHolder(exitCode: number): void {
    const holder = this.#holder;
    this.#holder = null;
    if (holder?.isWaitedFor) this.#tellLauncher(exitCode);
  }
}
