import type { Pace } from "../../src/service/flows/pace.js";
import type { RunCommand } from "../../src/service/machine/run-command.js";

interface Job {
  readonly file: string;
  readonly contents: string;
  state: "running" | "not running" | "spawn scheduled" | "SIGTERMed";
  pid: number | null;
  lastExit: string;
  /** When a job that was told to end is gone; when one that crashed is started again. */
  dueMs: number | null;
}

type Answer = readonly [code: number, stderr?: string, stdout?: string];

const commandMs = 10;

/**
 * launchd as it behaves in the field, with a time of its own that passes while commands run and while somebody waits. What it knows of
 * releases: bootout ends before the job does; a label that is loaded, or on its way out, is refused with 5, one that is being loaded
 * with 37; a disabled label stays so without its file; a domain without a log-in answers 125; the folder of the output is not made.
 */
export class FakeLaunchd {
  readonly pace: Pace;
  /** What is on the disk, by path. */
  readonly files = new Map<string, string>();
  readonly folders = new Set<string>();
  readonly domains = new Set(["system", "user/501", "gui/501"]);
  /** All that was run, without `launchctl`. */
  readonly ran: string[] = [];
  nowMs = 0;
  /** From SIGTERM to the end of a job. */
  drainMs = 100;
  /** What every bootstrap gets, whatever is asked for. */
  bootstrapFails: Answer | undefined;
  readonly #jobs = new Map<string, Job>();
  readonly #disabled = new Map<string, boolean>();
  #foreign: { readonly target: string; readonly file: string; readonly untilMs: number } | undefined;
  #lastPid = 100;

  constructor() {
    this.pace = {
      monotonicMs: () => this.nowMs,
      sleep: async (delayMs, signal) => {
        this.#pass(delayMs);
        return !signal.aborted;
      },
    };
  }

  readonly run: RunCommand = async ({ argv }) => {
    this.#pass(commandMs);
    const [program, ...words] = argv;
    const [code, stderr = "", stdout = ""] = program === "launchctl" ? this.#answer(words) : this.#makeFolder(argv);
    return { argv, code, stdout, stderr, problem: null };
  };

  job(target: string): { readonly state: string; readonly pid: number | null; readonly contents: string } | undefined {
    return this.#jobs.get(target);
  }

  isDisabled(label: string): boolean {
    return this.#disabled.get(`user ${label}`) ?? false;
  }

  /** As a person may have done before. */
  disable(label: string): void {
    this.#disabled.set(`user ${label}`, true);
  }

  /** Somebody else's bootstrap, which takes that long. */
  bootstrapByAnother(target: string, file: string, tookMs: number): void {
    this.#foreign = { target, file, untilMs: this.nowMs + tookMs };
  }

  /** Ends every job of the session, and begins another: what lies in LaunchAgents and is not disabled is loaded. */
  logInAgain(domain: string): void {
    for (const target of [...this.#jobs.keys()]) if (target.startsWith(`${domain}/`)) this.#jobs.delete(target);
    for (const file of this.files.keys()) if (file.includes("/LaunchAgents/")) this.#bootstrap(domain, file);
  }

  /** The program ends by itself, with an exit code or by a signal (`Killed: 9`). */
  end(target: string, how: number | string): void {
    const job = this.#jobs.get(target);
    if (job?.state !== "running") throw new Error(`${target} does not run`);
    const isWanted = how !== 0 && has(job, "KeepAlive", /^\s*<dict>\s*<key>SuccessfulExit<\/key>\s*<false\/>/);
    const throttleMs = 1000 * Number(/<key>ThrottleInterval<\/key>\s*<integer>(\d+)/.exec(job.contents)?.[1] ?? 10);
    Object.assign(job, {
      state: isWanted ? "spawn scheduled" : "not running",
      pid: null,
      lastExit: typeof how === "number" ? `last exit code = ${how}` : `last terminating signal = ${how}`,
      dueMs: isWanted ? this.nowMs + throttleMs : null,
    });
  }

  /** Somebody writes a file. */
  touch(path: string): void {
    for (const job of this.#jobs.values()) {
      if (job.state === "not running" && has(job, "WatchPaths", new RegExp(`^\\s*<array>\\s*<string>${path}</string>`))) this.#start(job);
    }
  }

  pass(lengthMs: number): void {
    this.#pass(lengthMs);
  }

  #answer([verb = "", ...words]: readonly string[]): Answer {
    this.ran.push([verb, ...words].join(" "));
    const target = words.at(-1) ?? "";
    switch (verb) {
      case "bootstrap":
        return this.#bootstrap(words[0] ?? "", target);
      case "bootout":
        return this.#bootout(target);
      case "kickstart":
        return this.#kickstart(target, words[0] === "-k");
      case "enable":
      case "disable":
        if (!this.#hasDomain(target)) return noDomain("Could not set override");
        this.#disabled.set(overrideOf(target), verb === "disable");
        return [0];
      case "print":
        return this.#print(target);
      case "print-disabled":
        return [
          0,
          "",
          `disabled services = {\n${[...this.#disabled].map(([key, off]) => `\t\t"${key.split(" ")[1]}" => ${off ? "disabled" : "enabled"}\n`).join("")}\t}\n`,
        ];
      default:
        throw new Error(`launchctl ${verb} is not known here`);
    }
  }

  #bootstrap(domain: string, file: string): Answer {
    const contents = this.files.get(file) ?? "";
    const target = `${domain}/${/<key>Label<\/key>\s*<string>(.*?)<\/string>/.exec(contents)?.[1]}`;
    const isBackground = contents.includes("<string>Background</string>");
    if (this.bootstrapFails !== undefined) return this.bootstrapFails;
    if (!this.domains.has(domain)) return noDomain("Bootstrap failed");
    if (contents === "") return [5, "Bootstrap failed: 5: Input/output error\nTry re-running the command as root for richer errors.\n"];
    if (domain.startsWith("user/") && !isBackground) return [134, "Bootstrap failed: 134: Service cannot load in requested session\n"];
    if (this.#disabled.get(overrideOf(target))) return [119, `${file}: Service is disabled\nBootstrap failed: 119: Service is disabled\n`];
    if (this.#foreign?.target === target) return [37, "Bootstrap failed: 37: Operation already in progress\n"];
    if (this.#jobs.has(target)) return [5, "Bootstrap failed: 5: Input/output error\n"];
    this.#load(target, file, contents);
    return [0];
  }

  #load(target: string, file: string, contents: string): void {
    const job: Job = { file, contents, state: "not running", pid: null, lastExit: "last exit code = (never exited)", dueMs: null };
    this.#jobs.set(target, job);
    if (has(job, "RunAtLoad", /^\s*<true\/>/)) this.#start(job);
  }

  #start(job: Job): void {
    const output = /<key>StandardErrorPath<\/key>\s*<string>(.*)\/[^/]*<\/string>/.exec(job.contents)?.[1] ?? "";
    if (this.folders.has(output)) Object.assign(job, { state: "running", pid: ++this.#lastPid, dueMs: null });
    else Object.assign(job, { state: "spawn scheduled", lastExit: "last exit code = 78: EX_CONFIG", dueMs: null });
  }

  #bootout(target: string): Answer {
    const job = this.#jobs.get(target);
    if (!this.#hasDomain(target)) return noDomain("Boot-out failed");
    if (job === undefined) return [3, "Boot-out failed: 3: No such process\n"];
    if (job.state === "SIGTERMed") return [36, "Boot-out failed: 36: Operation now in progress\n"];
    if (job.state === "running") Object.assign(job, { state: "SIGTERMed", dueMs: this.nowMs + this.drainMs });
    else this.#jobs.delete(target);
    return [0];
  }

  #kickstart(target: string, isRestart: boolean): Answer {
    const job = this.#jobs.get(target);
    if (!this.#hasDomain(target)) return noDomain("Could not kickstart service");
    if (job === undefined) return missing(target);
    if (job.state === "SIGTERMed") return [37, "Could not kickstart service: 37: Operation already in progress\n"];
    if (isRestart && job.state === "running") this.#pass(this.drainMs);
    if (isRestart || job.state !== "running") this.#start(job);
    return [0];
  }

  #print(target: string): Answer {
    const job = this.#jobs.get(target);
    if (!this.#hasDomain(target)) return noDomain("Could not print domain");
    if (job === undefined) return missing(target);
    const pid = job.pid === null ? "" : `\tpid = ${job.pid}\n`;
    const nested = "\tresource coalition = {\n\t\tID = 1114\n\t\tstate = active\n\t\tpid = 1\n\t}\n";
    return [
      0,
      "",
      `${target} = {\n\tactive count = 1\n\tpath = ${job.file}\n\tstate = ${job.state}\n\n${nested}${pid}\t${job.lastExit}\n}\n`,
    ];
  }

  #makeFolder(argv: readonly string[]): Answer {
    if (argv[0] !== "/usr/bin/install" || argv[1] !== "-d") throw new Error(`${argv.join(" ")} is not known here`);
    this.folders.add(argv.at(-1) ?? "");
    return [0];
  }

  #hasDomain(target: string): boolean {
    return this.domains.has(target.startsWith("system/") ? "system" : target.split("/", 2).join("/"));
  }

  #pass(lengthMs: number): void {
    this.nowMs += lengthMs;
    for (const [target, job] of this.#jobs) {
      if (job.dueMs === null || job.dueMs > this.nowMs) continue;
      if (job.state === "SIGTERMed") this.#jobs.delete(target);
      else this.#start(job);
    }
    const foreign = this.#foreign;
    if (foreign === undefined || foreign.untilMs > this.nowMs) return;
    this.#foreign = undefined;
    this.#load(foreign.target, foreign.file, this.files.get(foreign.file) ?? "");
  }
}

/** What is disabled is kept for each user, not for each session. */
function overrideOf(target: string): string {
  return `${target.startsWith("system/") ? "system" : "user"} ${target.split("/").at(-1)}`;
}

function has({ contents }: Job, key: string, value: RegExp): boolean {
  return value.test(contents.split(`<key>${key}</key>`)[1] ?? "");
}

function missing(target: string): Answer {
  return [113, `Could not find service "${target.split("/").at(-1)}" in domain for ${target}\n`];
}

function noDomain(what: string): Answer {
  return [125, `${what}: 125: Domain does not support specified action\n`];
}
