import type { DaemonLink } from "../../src/service/flows/perform.js";
import type { RunCommand } from "../../src/service/machine/run-command.js";
import type { CommandResult, Service } from "../../src/service/service.js";
import { FakeWindowsDaemons } from "./fake-windows-daemons.js";
import { type HostedScript, hostScript } from "./script-host.js";
import { at, readTaskXml, type XmlValue } from "./task-xml.js";
import { splitCommandLine } from "./windows-words.js";

/** Results of <winerror.h> that Task Scheduler keeps as a task's last one. */
const results = { running: 0x41301, neverRan: 0x41303, terminated: 0x41306 } as const;

interface RegisteredTask {
  definition: string;
  isEnabled: boolean;
  lastResult: number;
}

interface Launcher {
  readonly script: HostedScript;
  /** When its pause is over. */
  wakesAtMs: number | null;
}

/**
 * One user's Windows in injected time: its Task Scheduler as schtasks shows it, in German, the real launcher in a fake wscript, and daemons
 * that are no more than processes. What is known of the real one and hurts is as it is there: exit codes are 0 and 1, /Run says 0 to a
 * start that IgnoreNew leaves out, /End ends wscript and not its child, and an ended task is called running for a moment.
 */
export class FakeWindows {
  readonly files = new Map<string, string>();
  readonly daemons = new FakeWindowsDaemons((exitCode) => this.#resume((script) => script.programEnded(exitCode)));
  /** How often a query still finds a task running after its process has ended. */
  seenRunningFor = 0;
  isLoggedOn = true;
  #nowMs = 0;
  #task: RegisteredTask | null = null;
  #name: string | null = null;
  #launcher: Launcher | null = null;
  #runningSightings = 0;
  readonly #said: string[] = [];

  /** As the writer of a service's files does. */
  write(service: Service): void {
    for (const { path, contents, encoding } of service.files) this.files.set(path, `${encoding === "utf16le" ? "\ufeff" : ""}${contents}`);
  }

  get taskName(): string | null {
    return this.#name;
  }

  /** Every schtasks that was run, without its path. */
  get commands(): readonly string[] {
    return this.#said;
  }

  get isLauncherAlive(): boolean {
    return this.#launcher !== null;
  }

  get link(): DaemonLink {
    return this.daemons.link;
  }

  logOn(): void {
    this.isLoggedOn = true;
    this.#fire();
  }

  /** Everything of the user's ends. */
  logOff(): void {
    this.isLoggedOn = false;
    this.#launcher = null;
    this.daemons.endAll();
  }

  passTime(ms: number): void {
    const endMs = this.#nowMs + ms;
    this.#runningSightings = 0;
    for (;;) {
      const triggerMs = this.#nextTriggerMs();
      const nextMs = Math.min(triggerMs, this.#launcher?.wakesAtMs ?? Number.POSITIVE_INFINITY);
      if (nextMs > endMs) break;
      this.#nowMs = nextMs;
      if (this.#launcher?.wakesAtMs === nextMs) this.#resume((script) => script.timePassed());
      if (nextMs === triggerMs) this.#fire();
    }
    this.#nowMs = endMs;
  }

  readonly run: RunCommand = async ({ argv }) => {
    const [program, verb = "", tn, name = "", ...rest] = argv;
    if (program !== "schtasks" || tn !== "/TN") throw new Error(`no such command here: ${argv.join(" ")}`);
    this.#said.push([verb, ...rest.filter((word) => !word.includes("\\"))].join(" "));
    const answer = this.#answer(verb, name, rest);
    const [code, stdout, stderr] = typeof answer === "string" ? [0, answer, ""] : [1, "", `FEHLER: ${answer.error}\r\n`];
    return { argv, code, stdout, stderr, problem: null } satisfies CommandResult;
  };

  #answer(verb: string, name: string, rest: readonly string[]): string | { readonly error: string } {
    if (verb === "/Create") return this.#create(name, rest);
    const task = this.#name === name ? this.#task : null;
    if (task === null) return { error: "Das System kann die angegebene Datei nicht finden." };
    const done = "ERFOLGREICH.\r\n";
    switch (`${verb} ${rest.join(" ")}`.trim()) {
      case "/Change /DISABLE":
        task.isEnabled = false;
        return done;
      case "/Change /ENABLE":
        task.isEnabled = true;
        return done;
      case "/Run":
        if (!task.isEnabled) return { error: "Die Aufgabe ist deaktiviert." };
        this.#start(task);
        return done;
      case "/End":
        return this.#end(task) ? done : { error: "Es gibt keine ausgeführte Instanz der Aufgabe." };
      case "/Delete /F":
        [this.#task, this.#name] = [null, null];
        return done;
      case "/Query":
      case "/Query /V /FO CSV /NH":
        return this.#rows(name, task);
      case "/Query /XML":
        return task.definition.replace(/(<Settings>[\s\S]*<Enabled>)\w+/, `$1${task.isEnabled}`);
      default:
        return { error: "Ungültiges Argument/Option." };
    }
  }

  #create(name: string, [xml, path = "", force]: readonly string[]): string | { readonly error: string } {
    const text = xml === "/XML" && force === "/F" ? this.files.get(path) : undefined;
    if (!text?.startsWith("\ufeff")) return { error: "Die XML-Datei der Aufgabe ist falsch formatiert." };
    const definition = readTaskXml(text.slice(1));
    const logonUser = at(definition, "Task", "Triggers", "LogonTrigger", "UserId");
    const level = at(definition, "Task", "Principals", "Principal", "RunLevel");
    if (logonUser === undefined || level !== "LeastPrivilege") return { error: "Zugriff verweigert" };
    this.#task = { definition: text.slice(1), isEnabled: true, lastResult: results.neverRan };
    this.#name = name;
    return "ERFOLGREICH.\r\n";
  }

  /** One for each trigger. Quotes in a command line are not doubled, as RFC 4180 would have it. */
  #rows(name: string, task: RegisteredTask): string {
    const isRunning = this.#launcher !== null || this.#runningSightings > 0;
    if (this.#launcher === null && this.#runningSightings > 0) this.#runningSightings -= 1;
    const result = isRunning ? results.running : task.lastResult | 0;
    const command = at(readTaskXml(task.definition), "Task", "Actions", "Exec", "Arguments");
    const status = isRunning ? "Wird ausgeführt" : task.isEnabled ? "Bereit" : "Deaktiviert";
    const row = `"ADA-PC","${name}","01.02.2026 12:00:00","${status}","Nur interaktiv","01.02.2026 11:55:00","${result}","ada","wscript.exe ${command}","N/A"`;
    return `${row}\r\n${row}\r\n`;
  }

  /** Of the repetition that began long ago. */
  #nextTriggerMs(): number {
    const interval = at(this.#parsed(), "Task", "Triggers", "TimeTrigger", "Repetition", "Interval");
    const everyMs = Number(/^PT(\d+)M$/.exec(interval ?? "")?.[1] ?? Number.POSITIVE_INFINITY) * 60_000;
    return Number.isFinite(everyMs) ? (Math.floor(this.#nowMs / everyMs) + 1) * everyMs : Number.POSITIVE_INFINITY;
  }

  #parsed(): XmlValue | undefined {
    return this.#task === null ? undefined : readTaskXml(this.#task.definition);
  }

  #fire(): void {
    if (this.#task?.isEnabled && this.isLoggedOn) this.#start(this.#task);
  }

  #start(task: RegisteredTask): void {
    if (this.#launcher !== null || this.#runningSightings > 0) return;
    const [, , , , path = ""] = splitCommandLine(`wscript.exe ${at(readTaskXml(task.definition), "Task", "Actions", "Exec", "Arguments")}`);
    const text = this.files.get(path);
    if (text === undefined) {
      task.lastResult = 1;
      return;
    }
    this.#launcher = { script: hostScript(text, { nowMs: () => this.#nowMs }), wakesAtMs: null };
    this.#resume(() => {});
  }

  #end(task: RegisteredTask): boolean {
    if (this.#launcher === null) return false;
    this.#launcher = null;
    this.daemons.orphan();
    this.#runningSightings = this.seenRunningFor;
    task.lastResult = results.terminated;
    return true;
  }

  /** Goes on with the launcher, until it waits for what takes time. */
  #resume(goOn: (script: HostedScript) => void): void {
    const launcher = this.#launcher;
    if (launcher === null) return;
    goOn(launcher.script);
    const wait = launcher.script.waitsFor;
    launcher.wakesAtMs = wait.for === "time" ? this.#nowMs + wait.ms : null;
    if (wait.for === "program") this.daemons.startForLauncher(wait);
    if (wait.for !== "nothing") return;
    this.#launcher = null;
    this.#runningSightings = this.seenRunningFor;
    if (this.#task !== null) this.#task.lastResult = wait.exitCode;
  }
}
