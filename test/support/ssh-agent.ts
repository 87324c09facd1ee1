import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/** A real ssh-agent in a process of its own. */
export interface TestAgent {
  readonly socketPath: string;
  /** The key must have no passphrase now; the agent keeps it whatever becomes of the file. */
  add(keyPath: string): Promise<void>;
  stop(): Promise<void>;
}

/** `askpass` is the program by which it asks for a yes (`ssh-add -c`). */
export async function startAgent(socketPath: string, askpass = "ssh-askpass"): Promise<TestAgent> {
  const env = { ...process.env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force" };
  const child = spawn("ssh-agent", ["-D", "-a", socketPath], { stdio: ["ignore", "pipe", "inherit"], env });
  // It says where it listens once it does.
  await once(createInterface({ input: child.stdout }), "line");
  return {
    socketPath,
    add: async (keyPath) => {
      await promisify(execFile)("ssh-add", ["-q", keyPath], { env: { ...process.env, SSH_AUTH_SOCK: socketPath } });
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill();
      await exited;
    },
  };
}
