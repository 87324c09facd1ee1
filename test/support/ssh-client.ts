import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { isRequired } from "./required.js";
import type { TestSshd } from "./test-sshd.js";
import { until } from "./until.js";

export const hasSsh = isRequired("ssh") || spawnSync("ssh", ["-V"]).error === undefined;
export const hasAutossh = hasSsh && spawnSync("autossh", ["-V"]).error === undefined;

/** An `ssh -N -L` or `autossh` as people start it by hand, listening. */
export interface SshForward {
  readonly pid: number;
  /** Whether the process has ended, by whomever. */
  hasEnded(): boolean;
  /** Ends it and waits. */
  end(): Promise<void>;
}

export interface SshForwardOptions {
  readonly program?: "ssh" | "autossh";
  /** Before the target; `-N` alone when nothing is said. */
  readonly words?: readonly string[];
  /** The HOME in its environment; as ours when nothing is said. */
  readonly userHome?: string;
}

/** The words that open a way from `port` to `toPort` of the server. */
export function forwardWords(sshd: TestSshd, port: number, toPort: number): string[] {
  const options = [`UserKnownHostsFile=${sshd.knownHostsPath}`, "IdentitiesOnly=yes", "ExitOnForwardFailure=yes", "BatchMode=yes"];
  const forward = ["-L", `${port}:127.0.0.1:${toPort}`];
  return ["-F", "/dev/null", ...forward, "-i", sshd.clientKeyPath, ...options.flatMap((option) => ["-o", option]), "-p", String(sshd.port)];
}

export async function startSshForward(sshd: TestSshd, port: number, toPort: number, options: SshForwardOptions = {}): Promise<SshForward> {
  const { program = "ssh", words = ["-N"], userHome = process.env.HOME } = options;
  const target = `${sshd.user}@${sshd.host}`;
  const child = spawn(program, [...words, ...forwardWords(sshd, port, toPort), target], {
    stdio: ["pipe", "ignore", "ignore"],
    env: { ...process.env, HOME: userHome },
  });
  const exited = once(child, "exit");
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const end = async () => {
    if (!hasEnded()) child.kill();
    await exited;
  };
  await until(() => isListening(port, child)).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  return { pid: child.pid ?? 0, hasEnded, end };
}

function isListening(port: number, child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
