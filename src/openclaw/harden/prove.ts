import { sleep } from "../../base/abort.js";
import { asFailure, Failure } from "../../base/failure.js";
import type { Reached } from "../audit/facts.js";
import { askServer, overAnySession } from "./ask-server.js";
import { lookAtFile } from "./file-look.js";
import type { Journal } from "./journal.js";
import { gatewayListeners, isLoopbackBind, isOnlyLoopback, namesOf } from "./reality.js";
import { restartScript } from "./runner-scripts.js";
import { beatScript } from "./scripts.js";
import { isOurs } from "./steps.js";
import { beginTrack, follow, judge, type Observed, restarted } from "./track.js";
import type { HardenWorld } from "./world.js";

export interface Proof {
  readonly wanted: "loopback" | "as-before";
  readonly journal: Journal;
  /** Whose the journal is; a sign of life is left there. Null where there is none to be had. */
  readonly id: string | null;
  /** Told what is done besides waiting. */
  readonly tell: (what: string) => void;
}

/**
 * Waits until the gateway answers through the tunnel, listens where it should, its file says so, and, once it is on the loopback, no
 * gateway answers at the host's own addresses; all of it steadily. Restarts it once where that does not come by itself. Tells what was
 * seen; rejects with what was seen last when it does not come to that.
 */
export async function prove(world: HardenWorld, proof: Proof, signal: AbortSignal): Promise<string> {
  const { clock, pace } = world;
  let track = beginTrack(clock.monotonicMs());
  let beatMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    const { seen, why, ...observed } = await observe(world, proof, signal);
    signal.throwIfAborted();
    const nowMs = clock.monotonicMs();
    track = follow(track, observed, nowMs);
    switch (judge(track, nowMs, pace, proof.journal.unit !== null || proof.journal.restart !== null)) {
      case "proved":
        return seen;
      case "give-up":
        throw why ?? new Failure("exec-failed", seen);
      case "restart":
        await restart(world, proof, signal);
        track = restarted(track, clock.monotonicMs());
        break;
      case "wait":
        break;
    }
    if (proof.id !== null && nowMs - beatMs >= pace.leaseMs / 6) {
      await askServer(world, beatScript(proof.journal.file, proof.id), signal).catch(() => {});
      beatMs = nowMs;
    }
    await sleep(pace.pollMs, signal);
    signal.throwIfAborted();
  }
}

/** A gateway that restarts within its process, as in a container, keeps the bind that it was started with (openclaw 2026.9.6). */
function keptBind(seen: string): Failure {
  return new Failure("harden-undone", `${seen}: it did not take up the change, which takes a new process`, {
    hint: "The gateway is as it was before. `clawtunnel harden NAME --restart 'COMMAND'` has the server run a command that starts its process anew; or do both by hand there, after `openclaw config set gateway.bind loopback`.",
  });
}

/** Whatever else lets others in is not the file's doing: a proxy, a container, a rule of a firewall. */
function stillReached(seen: string): Failure {
  return new Failure("harden-undone", seen, {
    hint: "The gateway is as it was before. Something else leads to it: `clawtunnel audit NAME` tells what there is on the server.",
  });
}

interface Seen extends Observed {
  readonly seen: string;
  /** What to do about what is not as wanted. */
  readonly why?: Failure;
}

/** Waits for a session, so that what is seen is the gateway's doing. */
async function observe(world: HardenWorld, proof: Proof, signal: AbortSignal): Promise<Seen> {
  await world.host(signal);
  const health = await world.health(signal);
  if (health.state === "failing") return { health, isAsWanted: null, seen: `through the tunnel: ${health.detail}` };
  try {
    const { port, listenersBefore } = proof.journal;
    const { listeners } = await overAnySession(world, signal, (host, deadline) => world.listeners(host, [port, port + 1], deadline));
    const own = gatewayListeners(listeners, port);
    const names = namesOf(own);
    const seen = `the gateway answers through the tunnel, and listens on ${names.join(", ") || "nothing"}`;
    const isRight = proof.wanted === "loopback" ? isOnlyLoopback(own) : names.join() === listenersBefore.join();
    if (!isRight) return { health, isAsWanted: false, seen, ...(proof.wanted === "loopback" && { why: keptBind(seen) }) };
    if (!(await isWrittenAsWanted(world, proof, signal))) {
      return { health, isAsWanted: false, seen: `${seen}; but its file says something else` };
    }
    if (proof.wanted === "as-before") return { health, isAsWanted: true, seen };
    const look = await world.reach([{ port, role: "gateway" }], signal);
    if ("notSeen" in look) return { health, isAsWanted: true, seen: `${seen}; from here it could not be dialled: ${look.notSeen}` };
    const open = look.seen.filter(({ answer }) => answer === "gateway");
    if (open.length === 0) return { health, isAsWanted: true, seen: `${seen}; from here, ${describeReached(look.seen)}` };
    const both = `${seen}; but from here, ${describeReached(open)}`;
    return { health, isAsWanted: false, seen: both, why: stillReached(both) };
  } catch (error) {
    return { health, isAsWanted: null, seen: asFailure(error).message };
  }
}

function describeReached(reached: readonly Reached[]): string {
  return reached.map(({ address, port, detail }) => `${address} port ${port}: ${detail}`).join(", ");
}

async function isWrittenAsWanted(world: HardenWorld, { wanted, journal }: Proof, signal: AbortSignal): Promise<boolean> {
  const { bind } = await overAnySession(world, signal, (host, deadline) => world.config(host, deadline));
  if (wanted === "loopback") return isLoopbackBind(bind);
  const { sum } = await lookAtFile(world, journal.file, signal);
  return !isOurs(journal, { sum, bind });
}

async function restart(world: HardenWorld, { journal, tell }: Proof, signal: AbortSignal): Promise<void> {
  // The command itself is not told: it may hold what is nobody's business.
  const what = journal.restart === null ? (journal.unit?.name ?? "it") : "it";
  const how = journal.restart === null ? "" : " by the command that was given for it";
  try {
    await askServer(world, restartScript(journal), signal);
    tell(`${what} was restarted${how}`);
  } catch (error) {
    signal.throwIfAborted();
    tell(`${what} could not be restarted: ${asFailure(error).message}`);
  }
}
