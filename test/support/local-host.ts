import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { RemoteHost } from "../../src/ssh/session.js";

/** Runs commands as a server's sshd would, on this machine: for what has to look at a server and needs no SSH for it. */
export function localHost(env: NodeJS.ProcessEnv = process.env): RemoteHost {
  return {
    exec: async (command, { input = "" }, signal) => {
      const child = spawn("/bin/sh", ["-c", command], { env, signal, stdio: ["pipe", "pipe", "pipe"] });
      child.stdin.on("error", () => {});
      child.stdin.end(input);
      const ended = new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject));
      const [exitCode, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
      return { exitCode, stdout, stderr };
    },
  };
}
