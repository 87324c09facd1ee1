import { spawn } from "node:child_process";
import { onAbort } from "../../base/abort.js";
import { signalGroup } from "../../base/process-group.js";
import { systemErrorCode } from "../../base/system-error.js";

/** A usual answer has 6 KiB. */
const maxCharacters = 256 * 1024;
const usualTimeoutMs = 2_000;
/** What it wrote last may come after the news of its end. */
const lastWordsMs = 200;

/** `talk` is what it said on stderr. */
export type SshAnswer =
  | { readonly kind: "answered"; readonly text: string; readonly talk: string }
  /** It does not take the words, or the configuration. */
  | { readonly kind: "refused"; readonly talk: string }
  /** No answer in time, or far more than an answer. */
  | { readonly kind: "endless" }
  /** There is no such program. */
  | { readonly kind: "missing" };

/**
 * What `program -G words` answers. ssh connects nowhere for it, but runs what stands in a `Match exec` of the user's own
 * configuration, as for every ssh that they start. Rejects only with the abort of `signal`.
 */
export function askSsh(program: string, words: readonly string[], timeoutMs: number, signal?: AbortSignal): Promise<SshAnswer> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    // A group of its own: what a `Match exec` has started is ended with it, and has no terminal to ask at.
    const child = spawn(program, ["-G", ...words], { stdio: ["ignore", "pipe", "pipe"], detached: true, windowsHide: true });
    const leave = () => {
      clearTimeout(timer);
      forget();
    };
    const end = () => {
      leave();
      if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
      // Who has left the group may still hold the other ends.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const giveUp = () => {
      end();
      resolve({ kind: "endless" });
    };
    const timer = setTimeout(giveUp, timeoutMs);
    const abort = () => {
      end();
      reject(signal?.reason);
    };
    const forget = signal === undefined ? () => {} : onAbort(signal, abort);
    child.once("error", (error) => {
      leave();
      resolve(systemErrorCode(error) === "ENOENT" ? { kind: "missing" } : { kind: "endless" });
    });
    const said = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (chunk: string) => {
        said[stream] += chunk;
        if (said[stream].length > maxCharacters) giveUp();
      });
    }
    let hanging: NodeJS.Timeout | undefined;
    const finish = (code: number | null) => {
      clearTimeout(hanging);
      leave();
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(code === 0 ? { kind: "answered", text: said.stdout, talk: said.stderr } : { kind: "refused", talk: said.stderr });
    };
    // What a `Match exec` has left running (an agent, a VPN) may hold the other ends for ever; ssh does not wait for it either.
    child.once("exit", (code) => {
      hanging = setTimeout(finish, lastWordsMs, code);
    });
    child.once("close", finish);
  });
}

/** The output of `program -G words`, if it ends well within two seconds. */
export async function dumpConfig(program: string, words: readonly string[]): Promise<string | undefined> {
  const answer = await askSsh(program, words, usualTimeoutMs);
  return answer.kind === "answered" ? answer.text : undefined;
}
