import { sleep, withDeadline } from "../../base/abort.js";
import { Failure } from "../../base/failure.js";
import type { RemoteHost } from "../../ssh/session.js";
import { runScript } from "../server/run-script.js";
import type { HardenWorld } from "./world.js";

/** What a script said, by its first word. */
export type Said = ReadonlyMap<string, string>;

const refusals: Readonly<Record<string, string>> = {
  busy: "another hardening of this file is under way",
  lost: "another hardening has taken this one over",
  changed: "the file was changed by somebody else meanwhile",
  disk: "the server could not write it: the disk may be full, or a folder not writable",
  link: "the file is a link that leads nowhere",
  command: "the command that was given for it did not succeed",
  restart: "the service manager did not restart it",
};

/** Runs one of our scripts, over the session that stands then. It can be done twice, so a session that ends meanwhile costs time alone. */
export async function askServer(world: HardenWorld, script: string, signal: AbortSignal): Promise<Said> {
  const text = await overAnySession(world, signal, (host, deadline) => runScript(host, script, deadline));
  const said = new Map(text.split("\n").map((line) => [line.split(" ", 1)[0] ?? "", line.slice(line.indexOf(" ") + 1)]));
  if (said.has("ok")) return said;
  const refused = said.get("refused") ?? "";
  throw new Failure(
    refused === "busy" ? "harden-refused" : "exec-failed",
    refusals[refused] ?? "the server's shell did not come to its end",
  );
}

/** Asks again over the next session when one ends under a question; `world.host` tells when that takes too long. */
export async function overAnySession<T>(
  world: HardenWorld,
  signal: AbortSignal,
  ask: (host: RemoteHost, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { pace, clock } = world;
  const sinceMs = clock.monotonicMs();
  for (;;) {
    const host = await world.host(signal);
    const slow = () => new Failure("exec-failed", `the server did not finish a command within ${pace.execMaxMs} ms`);
    try {
      return await withDeadline(pace.execMaxMs, signal, slow, (deadline) => ask(host, deadline));
    } catch (error) {
      const isGone = error instanceof Failure && error.code === "session-gone";
      if (!isGone || clock.monotonicMs() - sinceMs > pace.overallMaxMs) throw error;
    }
    await sleep(pace.pollMs, signal);
    signal.throwIfAborted();
  }
}
