import type { Program } from "../facts.js";

/**
 * How node runs the daemon. Its heap is small, and what comes and goes are buffers outside of it. V8 takes those for pressure on
 * the heap and marks it over and over, on threads that the transfer itself needs: a third of the throughput on two cores (Node 20
 * and 24).
 */
export const daemonNodeOptions: readonly string[] = ["--no-incremental-marking", "--single-threaded-gc"];

/** `system` in the environment of a daemon that is no agent of a log-in. */
export const scopeVariable = "CLAWTUNNEL_SERVICE_SCOPE";

/** The one word that the daemon's program may be given: it runs for a service manager, or replaces the daemon that runs. */
export const daemonWords = { service: "service", takeOver: "take-over" } as const;

/** What every manager runs. */
export function serviceCommand({ node, nodeOptions, script }: Program): readonly [string, ...string[]] {
  return [node, ...nodeOptions, script, daemonWords.service];
}
