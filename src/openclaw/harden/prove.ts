import { sleep } from "../../base/abort.js";
import { asFailure, Failure } from "../../base/failure.js";
import { askServer, overAnySession } from "./ask-server.js";
import { lookAtFile } from "./file-look.js";
import type { Journal } from "./journal.js";
import { gatewayListeners, isLoopbackBind, isOnlyLoopback, namesOf } from "./reality.js";
import { beatScript, restartScript } from "./scripts.js";
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
 * Waits until the gateway answers through the tunnel, listens where it should, and its file says so, all of it steadily; restarts it
 * once where that does not come by itself. Tells what was seen; rejects with what was seen last when it does not come to that.
 */
export async function prove(world: HardenWorld, proof: Proof, signal: AbortSignal): Promise<string> {
  const { clock, pace } = world;
  let track = beginTrack(clock.monotonicMs());
  let beatMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    const { seen, ...observed } = await observe(world, proof, signal);
    signal.throwIfAborted();
    const nowMs = clock.monotonicMs();
    track = follow(track, observed, nowMs);
    switch (judge(track, nowMs, pace, proof.journal.unit !== null)) {
      case "proved":
        return seen;
      case "give-up":
        throw track.condition === "still" && proof.wanted === "loopback" ? keptBind(seen) : new Failure("exec-failed", seen);
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
    hint: "The gateway is as it was before. Set it by hand on the server and start the gateway's process anew: `openclaw config set gateway.bind loopback`.",
  });
}

/** Waits for a session, so that what is seen is the gateway's doing. */
async function observe(world: HardenWorld, proof: Proof, signal: AbortSignal): Promise<Observed & { readonly seen: string }> {
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
    if (!isRight) return { health, isAsWanted: false, seen };
    const isWritten = await isWrittenAsWanted(world, proof, signal);
    return { health, isAsWanted: isWritten, seen: isWritten ? seen : `${seen}; but its file says something else` };
  } catch (error) {
    return { health, isAsWanted: null, seen: asFailure(error).message };
  }
}

async function isWrittenAsWanted(world: HardenWorld, { wanted, journal }: Proof, signal: AbortSignal): Promise<boolean> {
  const { bind } = await overAnySession(world, signal, (host, deadline) => world.config(host, deadline));
  if (wanted === "loopback") return isLoopbackBind(bind);
  const { sum } = await lookAtFile(world, journal.file, signal);
  return !isOurs(journal, { sum, bind });
}

async function restart(world: HardenWorld, { journal, tell }: Proof, signal: AbortSignal): Promise<void> {
  if (journal.unit === null) return;
  try {
    await askServer(world, restartScript(journal.file, journal.unit), signal);
    tell(`${journal.unit.name} was restarted`);
  } catch (error) {
    signal.throwIfAborted();
    tell(`${journal.unit.name} could not be restarted: ${asFailure(error).message}`);
  }
}
