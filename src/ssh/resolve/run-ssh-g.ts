import { spawn } from "node:child_process";

const timeoutMs = 2_000;
/** A usual answer has 6 KiB. */
const maxCharacters = 256 * 1024;

/**
 * The output of `program -G words`, if it ends well within two seconds. ssh connects nowhere for it, but runs what stands in a
 * `Match exec` of the user's own configuration, as for every ssh that they start.
 */
export function dumpConfig(program: string, words: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    // A group of its own: what a `Match exec` has started is ended with it, and has no terminal to ask at.
    const child = spawn(program, ["-G", ...words], { stdio: ["ignore", "pipe", "ignore"], detached: true, windowsHide: true });
    const settle = (answer: string | undefined) => {
      clearTimeout(timer);
      resolve(answer);
    };
    const giveUp = () => {
      endGroup(child.pid);
      // Who has left the group may still hold the other end.
      child.stdout.destroy();
      settle(undefined);
    };
    const timer = setTimeout(giveUp, timeoutMs);
    child.once("error", () => settle(undefined));
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.length > maxCharacters) giveUp();
    });
    child.once("close", (code) => settle(code === 0 ? text : undefined));
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
