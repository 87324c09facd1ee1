import { asFailure, Failure } from "../../base/failure.js";
import { askServer, overAnySession, type Said } from "./ask-server.js";
import { lookAtFile } from "./file-look.js";
import type { Journal } from "./journal.js";
import { prepareHarden, type Work } from "./plan.js";
import { prove } from "./prove.js";
import type { HardenOutcome, HardenProgress } from "./report.js";
import { beginScript, changeScript, endScript, restoreScript, takeScript } from "./scripts.js";
import { attemptsMax, type End, isOurs, isStep, next, type Step } from "./steps.js";
import type { HardenTask, HardenWorld } from "./world.js";

export type Tell = (progress: HardenProgress) => void;

/**
 * Does what was agreed to, or finishes what an earlier run began. Once something may have been written it comes to one of two ends that
 * are proved, or says that it could not prove either. Rejects with `harden-refused` while nothing is changed; and when `signal`
 * aborts, with everything left as it is for the next run.
 */
export async function applyHarden(
  world: HardenWorld,
  task: HardenTask,
  agreement: string,
  tell: Tell,
  signal: AbortSignal,
): Promise<HardenOutcome> {
  const { plan, work } = await prepareHarden(world, task, signal);
  if (work === null) return { type: "outcome", outcome: "hardened", backupFile: null, failure: null };
  if (plan.agreement !== agreement) {
    throw new Failure("harden-refused", `${plan.configFile}, or the gateway, is not any more what was agreed to`, {
      hint: `Nothing was changed. Look at it again: \`clawtunnel harden ${task.tunnel}\`.`,
    });
  }
  return new Hardening(world, task, work, tell).run(signal);
}

function undone(why: string, first: Failure | undefined, tunnel: string): Failure {
  const hint = first?.code === "harden-undone" ? { hint: first.hint.replaceAll("NAME", tunnel) } : {};
  return new Failure("harden-undone", `it was not hardened: ${why}`, hint);
}

const titles: Readonly<Record<Step, string>> = {
  clear: "what an earlier run left is cleared away",
  begin: "the file is backed up",
  change: "the change is written",
  take: "an earlier run is taken over",
  prove: "the gateway is proved to be hardened",
  end: "nothing is left to do for a second run",
  "take-back": "the change is taken back",
  restore: "the file is put back",
  "prove-back": "the gateway is proved to be as before",
  "end-back": "nothing is left to do for a second run",
};

class Hardening {
  readonly #world: HardenWorld;
  readonly #task: HardenTask;
  readonly #work: Work;
  readonly #tell: Tell;
  readonly #journal: Journal;
  readonly #heir: string;
  #id: string;
  #keepsBackup = true;

  constructor(world: HardenWorld, task: HardenTask, work: Work, tell: Tell) {
    this.#world = world;
    this.#task = task;
    this.#work = work;
    this.#tell = tell;
    this.#journal = work.journal;
    this.#id = world.newId();
    this.#heir = world.newId();
  }

  async run(signal: AbortSignal): Promise<HardenOutcome> {
    let at: Step | End = this.#work.start;
    let first: Failure | undefined;
    while (isStep(at)) {
      const failure = await this.#try(at, signal);
      if (at === "begin" && failure?.code === "harden-refused") throw failure;
      // What comes after the proof does not take it back.
      if (at !== "end" && at !== "end-back") first ??= failure;
      at = next(at, failure === undefined);
    }
    return { type: "outcome", outcome: at, ...this.#describe(at, first) };
  }

  #describe(end: End, first: Failure | undefined): Pick<HardenOutcome, "backupFile" | "failure"> {
    const { backup } = this.#journal;
    const why = first?.message ?? "an earlier run was interrupted";
    switch (end) {
      case "hardened":
        return { backupFile: backup, failure: null };
      case "as-before":
        return {
          backupFile: this.#keepsBackup ? backup : null,
          failure: undone(why, first, this.#task.tunnel).report(),
        };
      case "unproved":
        return { backupFile: backup, failure: new Failure("harden-unfinished", `how it stands could not be proved: ${why}`).report() };
    }
  }

  /** Undefined when it is done. */
  async #try(step: Step, signal: AbortSignal): Promise<Failure | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        const detail = await this.#do(step, signal);
        this.#tell({ type: "step", step: titles[step], state: "done", detail });
        return undefined;
      } catch (error) {
        signal.throwIfAborted();
        const failure = asFailure(error);
        if (attempt < attemptsMax[step]) continue;
        this.#tell({ type: "step", step: titles[step], state: "failed", detail: failure.message });
        return failure;
      }
    }
  }

  /** Tells what there is to say about it. */
  async #do(step: Step, signal: AbortSignal): Promise<string> {
    const world = this.#world;
    const { left, text } = this.#work;
    const { by } = this.#task;
    const journal = this.#journal;
    const ask = (script: string): Promise<Said> => askServer(world, script, signal);
    switch (step) {
      case "clear":
        if (left !== null && left.id !== "") {
          await ask(endScript(left.journal?.file ?? journal.file, this.#id, left.journal?.backup ?? null, left.id));
        }
        return "";
      case "begin":
        await ask(beginScript(this.#id, by, journal));
        return journal.backup;
      case "change":
        await ask(changeScript(this.#id, journal, text));
        return journal.file;
      case "take":
        await ask(takeScript(left?.id ?? "", this.#id, by, journal));
        return "";
      case "take-back": {
        await ask(takeScript(this.#isHeir(left?.id) ? (left?.id ?? "") : this.#id, this.#heir, by, { ...journal, phase: "undo" }));
        this.#id = this.#heir;
        return "";
      }
      case "restore":
        return this.#restore(signal);
      case "prove":
      case "prove-back":
        return this.#prove(step === "prove" ? "loopback" : "as-before", signal);
      case "end":
        await ask(endScript(journal.file, this.#id, journal.backup));
        return "";
      case "end-back": {
        const said = await ask(endScript(journal.file, this.#id, journal.backup));
        this.#keepsBackup = said.has("backup");
        return "";
      }
    }
  }

  /** Whether it begins with taking back what an earlier run was taking back. */
  #isHeir(id: string | undefined): boolean {
    return id !== undefined && this.#work.start === "take-back";
  }

  async #restore(signal: AbortSignal): Promise<string> {
    const journal = this.#journal;
    const { bind } = await overAnySession(this.#world, signal, (host, deadline) => this.#world.config(host, deadline));
    const { sum, stamp } = await lookAtFile(this.#world, journal.file, signal);
    if (!isOurs(journal, { sum, bind })) return "it is as before";
    await askServer(this.#world, restoreScript(this.#id, journal, sum ?? "", stamp), signal);
    return journal.file;
  }

  #prove(wanted: "loopback" | "as-before", signal: AbortSignal): Promise<string> {
    const tell = (detail: string) => this.#tell({ type: "step", step: "the gateway is restarted", state: "done", detail });
    return prove(this.#world, { wanted, journal: this.#journal, id: this.#id, tell }, signal);
  }
}
