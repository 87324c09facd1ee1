import { existsSync } from "node:fs";
import { startEmbeddedSshd } from "./embedded-sshd.js";
import { findSshd, startSshd } from "./sshd.js";

export interface TestSshdOptions {
  /** Lines of sshd_config that win over the harness's own. Only OpenSSH knows them. */
  readonly extraConfig?: readonly string[];
  readonly port?: number;
  /** For instance `restrict,port-forwarding`. Only OpenSSH knows them. */
  readonly authorizedKeysOptions?: string;
  /** What commands find in their environment, beside a HOME of their own. Only OpenSSH knows them. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A folder to work in. Keys found there are used again, and dispose() leaves it. */
  readonly dir?: string;
}

/** An SSH server in processes of its own, for one test. */
export interface TestSshd {
  readonly port: number;
  readonly host: "127.0.0.1";
  readonly user: string;
  readonly dir: string;
  /** An ed25519 key without passphrase that may log in. */
  readonly clientKeyPath: string;
  readonly hostKeyPath: string;
  /** `ssh-ed25519 AAAA…`, of the key in use now. */
  readonly hostKeyPublic: string;
  /** Holds the first host key for `[127.0.0.1]:port`. */
  readonly knownHostsPath: string;
  /** Kills the server's side of every session, without a word to the clients. Tells how many sessions there were. */
  killSessions(): Promise<number>;
  /** OpenSSH only. */
  countSessions(): number;
  /** Lets the server's side of every session stand still: open, and silent. New sessions are served. OpenSSH only. */
  freezeSessions(): Promise<number>;
  /** As killSessions, for those that stand still alone. OpenSSH only. */
  killFrozenSessions(): Promise<number>;
  /** Ends the listener and every session; the port then refuses. */
  stop(): Promise<void>;
  /** Again, on the same port and with the same keys. Resolves when it greets. */
  start(): Promise<void>;
  /** Gives the server another host key, restarting it if it runs. known_hosts keeps the old one. */
  replaceHostKey(): Promise<void>;
  log(): string;
  /** Stops, and removes the folder. */
  dispose(): Promise<void>;
}

/** The real one needs sshd, and /proc to find its sessions. */
export function sshdKind(): "openssh" | "embedded" {
  return findSshd() !== undefined && existsSync("/proc/self/stat") ? "openssh" : "embedded";
}

/** sshd says why a channel was not opened; ssh2's server can give only the number, which a refusal shares with other failures. */
export function codeOfRefusal(): "service-refused" | "service-unreachable" {
  return sshdKind() === "openssh" ? "service-refused" : "service-unreachable";
}

export function startTestSshd(options: TestSshdOptions = {}): Promise<TestSshd> {
  return sshdKind() === "openssh" ? startSshd(options) : startEmbeddedSshd(options);
}
