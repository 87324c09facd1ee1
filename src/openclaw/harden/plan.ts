import { sleep } from "../../base/abort.js";
import { Failure } from "../../base/failure.js";
import { askServer, overAnySession } from "./ask-server.js";
import { bindToLoopback } from "./change.js";
import { diffWithoutSecrets } from "./diff.js";
import { type FileLook, type Lock, lookAtFile } from "./file-look.js";
import type { Journal } from "./journal.js";
import { type Facts, obstacles, systemctl } from "./preconditions.js";
import { gatewayListeners, isLoopbackBind, isOnlyLoopback, namesOf, sha256 } from "./reality.js";
import type { HardenPlan } from "./report.js";
import { runnerScript } from "./runner-scripts.js";
import { resume, type Step } from "./steps.js";
import type { HardenTask, HardenWorld } from "./world.js";

/** A plan, and what it takes to carry it out. */
export interface Prepared {
  readonly plan: HardenPlan;
  /** Null when there is nothing to do. */
  readonly work: Work | null;
}

export interface Work {
  readonly start: Step;
  readonly journal: Journal;
  /** The file as it will be. */
  readonly text: string;
  /** What an earlier run has left. */
  readonly left: Lock | null;
}

/** Looks, and writes nothing. Rejects with `harden-refused`, or with why the server or the gateway could not be asked. */
export async function prepareHarden(world: HardenWorld, task: HardenTask, signal: AbortSignal): Promise<Prepared> {
  const config = await overAnySession(world, signal, (host, deadline) => world.config(host, deadline));
  const look = await lookAtFile(world, config.bindFile, signal);
  const { lock: left } = look;
  refuseTwo(left, task, world);
  const start = resume(left?.journal ?? null, { sum: look.sum, bind: config.bind });
  const restart = task.restart ?? left?.journal?.restart ?? null;
  if (left?.journal != null && start !== "clear") return unfinished(task, look, left, { ...left.journal, restart }, start);

  await refuseUnhealthy(world, signal);
  const facts = await gather(world, task, { config, look, restart }, signal);
  const isBound = isLoopbackBind(config.bind) || config.bind === null || config.bind === "auto";
  const isNothingToDo = isBound && isOnlyLoopback(facts.listeners) && left === null;
  const found = isNothingToDo ? [] : obstacles(facts);
  if (found.length > 0) {
    throw new Failure("harden-refused", found.map(({ what }) => what).join("; "), { hint: found.map(({ todo }) => todo).join(" ") });
  }
  const base = { tunnel: task.tunnel, target: task.target, configFile: look.file };
  const seen = `It listens on ${namesOf(facts.listeners).join(", ")}.`;
  if (isNothingToDo) {
    const plan = { ...base, state: "nothing-to-do", diff: [], notes: [seen], agreement: "" } as const;
    return { plan, work: null };
  }
  const before = look.text ?? "";
  const text = bindToLoopback(before, config);
  const journal = journalOf(task, facts, text);
  const diff = diffWithoutSecrets(look.file, before, text);
  const notes = [seen, ...describeRestart(facts)];
  const { listenersBefore, unit } = journal;
  const agreement = sha256(
    JSON.stringify([look.file, look.sum, sha256(text), listenersBefore, unit, restart, facts.process?.pid, left?.id]),
  );
  return {
    plan: { ...base, state: "ready", diff, notes, agreement },
    work: { start: left === null ? "begin" : "clear", journal, text, left },
  };
}

/** Nothing is known of the one that holds the lock but its last sign of life; one of ours that this daemon does not run has died. */
function refuseTwo(left: Lock | null, task: HardenTask, { pace }: HardenWorld): void {
  if (left === null || left.by === task.by || left.silentMs >= pace.leaseMs) return;
  throw new Failure("harden-refused", `another hardening of this gateway is under way, by ${left.by || "somebody"}`, {
    hint: "Wait for it to end, or for a minute and a half after it was interrupted.",
  });
}

/** A gateway that starts, or finishes its work, is waited for. */
async function refuseUnhealthy(world: HardenWorld, signal: AbortSignal): Promise<void> {
  const { clock, pace, health } = world;
  const sinceMs = clock.monotonicMs();
  for (;;) {
    const result = await health(signal);
    if (result.state === "ok") return;
    const isOnItsWay = result.failure.code === "gateway-starting" || result.failure.code === "gateway-draining";
    if (!isOnItsWay || clock.monotonicMs() - sinceMs >= pace.stillMaxMs) {
      throw new Failure("harden-refused", `the gateway does not answer through this tunnel: ${result.detail}`, {
        hint: `Nothing was changed. ${result.failure.hint}`,
        cause: result.failure,
      });
    }
    await sleep(pace.pollMs, signal);
    signal.throwIfAborted();
  }
}

async function gather(
  world: HardenWorld,
  task: HardenTask,
  known: Pick<Facts, "config" | "look" | "restart">,
  signal: AbortSignal,
): Promise<Facts> {
  const port = task.to?.port ?? known.config.port;
  const all = await overAnySession(world, signal, (host, deadline) => world.listeners(host, [port, port + 1], deadline));
  const listeners = gatewayListeners(all.listeners, port);
  const facts = { ...known, to: task.to, listeners, process: null, readsOther: null, hasUnit: false };
  const pids = new Set(listeners.map(({ pid }) => pid));
  const [pid] = pids;
  if (pid == null || pids.size > 1) return facts;
  const process = await overAnySession(world, signal, (host, deadline) => world.process(host, pid, deadline));
  const said = await askServer(world, runnerScript(known.config.file, pid, process.unit), signal);
  const reads = said.get("reads");
  return { ...facts, process, readsOther: reads === undefined || reads === "this" ? null : reads, hasUnit: said.has("unit") };
}

function journalOf(task: HardenTask, { config, look, listeners, process, hasUnit, restart }: Facts, text: string): Journal {
  return {
    version: 1,
    phase: "apply",
    file: look.file,
    backup: `${look.file}.clawtunnel-backup-${look.stamp}`,
    before: look.sum ?? "",
    after: sha256(text),
    bindBefore: config.bind,
    port: task.to?.port ?? config.port,
    listenersBefore: namesOf(listeners),
    unit: hasUnit ? (process?.unit ?? null) : null,
    restart,
    begunAt: look.stamp,
  };
}

function unfinished(task: HardenTask, look: FileLook, left: Lock, journal: Journal, start: Step): Prepared {
  const note =
    start === "take"
      ? "The change is written: the gateway is looked at now, and the file put back if it is not as it should be."
      : "It was being undone: the file is put back, and the gateway looked at.";
  const plan: HardenPlan = {
    tunnel: task.tunnel,
    target: task.target,
    state: "unfinished",
    configFile: journal.file,
    diff: [],
    notes: [
      `A hardening that began at ${journal.begunAt} was interrupted.`,
      note,
      `The file as it was before: ${journal.backup}`,
      ...describeCommand(journal.restart, look),
    ],
    agreement: sha256(JSON.stringify([journal, left.id, look.sum, start])),
  };
  return { plan, work: { start, journal, text: "", left } };
}

/** What it would run is shown as it would be run. */
function describeCommand(restart: string | null, { user }: FileLook): string[] {
  return restart === null ? [] : [`What starts it anew, on the server, as ${user}: ${restart}`];
}

function describeRestart({ process, hasUnit, config, look, restart }: Facts): string[] {
  const { unit } = process ?? { unit: null };
  const restarts = config.reloadMode === null || config.reloadMode === "hybrid" || config.reloadMode === "restart";
  const who = hasUnit && unit !== null ? `${unit.name} runs it` : "No service was seen that runs it";
  const byUnit = hasUnit && unit !== null ? `\`${systemctl(unit.scope)} restart ${unit.name}\`` : undefined;
  const byHand = restart === null ? byUnit : "the command that was given for it";
  const command = describeCommand(restart, look);
  if (!restarts) return [`${who}; it is restarted with ${byHand}.`, ...command];
  const after = byHand === undefined ? "" : `, or with ${byHand}`;
  const note = `${who}; it restarts by itself when its file changes${after}, and is away for some seconds.`;
  // It restarts within its process there (openclaw 2026.9.6).
  if (process?.isServerContainer !== true || byHand !== undefined) return [note, ...command];
  const kept = "The server is a container: a gateway may keep the bind that it was started with there, and everything is put back then.";
  return [note, `${kept} With --restart 'COMMAND' its process is started anew.`];
}
