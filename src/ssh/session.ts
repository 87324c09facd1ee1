import type { Duplex } from "node:stream";
import type { Address, Endpoint } from "../base/address.js";
import type { Failure } from "../base/failure.js";
import type { LoginSpec } from "../config/tunnel-spec.js";
import type { HostConfig, HostKeepalive } from "./host-config.js";
import type { Person } from "./person.js";

/**
 * A log-in that stands. Both engines speak these words; nobody else knows which library is behind them.
 * The Duplex of `dial` is half-open: either side may end while the other goes on. It emits `error` when the session dies
 * under it, and `destroy()` closes the channel at once.
 */
export interface SshSession {
  /** Resolves once, with the first cause, when the session is no longer usable. Never rejects. */
  readonly ended: Promise<Failure>;
  /** Opens a channel to a destination that the server reaches: RFC 4254, 7.2, or OpenSSH's direct-streamlocal. Rejects with `service-refused`, `service-unreachable`, `forwarding-prohibited`, `channel-refused` or `session-gone`. */
  dial(to: Endpoint, signal: AbortSignal): Promise<Duplex>;
  /**
   * Has the server listen (RFC 4254, 7.1, or OpenSSH's streamlocal-forward) and hands over each channel of it. With port 0 the
   * server chooses one. Rejects with `remote-bind-refused` or `session-gone`.
   */
  listen(bind: Endpoint, onConnection: (channel: Duplex) => void, signal: AbortSignal): Promise<RemoteListener>;
  /**
   * Runs a command in the account's login shell (RFC 4254, 6.5) and waits for its end. Rejects with `exec-refused` when the server
   * runs none for this key, `exec-failed` when the answer is too long, or `session-gone`. A key with a forced command runs that
   * instead and succeeds: have the command print something that only it would.
   */
  exec(command: string, options: ExecOptions, signal: AbortSignal): Promise<ExecResult>;
  /** A question that only the peer can answer, and its round trip in ms. Rejects when the session ends or `signal` aborts. */
  probe(signal: AbortSignal): Promise<number>;
  traffic(): SessionTraffic;
  /** Ends the session and its channels. `ended` then resolves. */
  close(): void;
}

/** Whoever only runs commands on the server needs no more of a session than this. */
export type RemoteHost = Pick<SshSession, "exec">;

export interface ExecOptions {
  /** What the command reads from its standard input, which ends after it; nothing when left out. */
  readonly input?: string;
}

export interface ExecResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RemoteListener {
  /** With the port that the server chose. */
  readonly bind: Endpoint;
  /** Asks the server to listen no more; connections that stand are left alone. */
  close(): void;
}

export interface SessionTraffic {
  /** All bytes that ever came from the peer: any growth proves that it lives. */
  readonly receivedBytes: number;
  /** All bytes of ours that the kernel has taken. */
  readonly sentBytes: number;
  /** Bytes of ours that the kernel has not taken yet: a probe is queued behind them. */
  readonly unsentBytes: number;
  /** Bytes in channels that the peer has not said to have read (RFC 4254, 5.2): they may still be on the way, with a probe behind them. */
  readonly unconfirmedBytes: number;
  /** Channels that are open or being opened. */
  readonly openChannels: number;
}

/** A key that a server showed and known_hosts does not have; a person may accept it. */
export interface UnknownHostKey {
  /** As known_hosts writes it: `host`, or `[host]:port` when the port is not 22. */
  readonly hostPattern: string;
  /** For instance `ssh-ed25519`. */
  readonly keyType: string;
  /** Null when the engine shows only the fingerprint, and writes the key down by itself once that is accepted. */
  readonly keyBase64: string | null;
  /** `SHA256:…`, as `ssh` prints it. */
  readonly fingerprint: string;
  /** Where an accepted key is written, and whether its host's name is hashed there. */
  readonly knownHostsFile: string;
  readonly isHashed: boolean;
}

/** What it means to accept a key: for this host alone. One that is accepted of a jump host is not the target's. */
export function acceptanceOf({ hostPattern, fingerprint }: Pick<UnknownHostKey, "hostPattern" | "fingerprint">): string {
  return `${hostPattern} ${fingerprint}`;
}

export type EngineName = "ssh2" | "openssh";

/** What a target turned out to mean, known as soon as a log-in has begun. */
export interface LoginFacts {
  readonly engine: EngineName;
  /** Why it is this engine, when it is not the usual one. */
  readonly engineReason: string | null;
  /** `user@host:port`; or what the user wrote, as long as ssh_config was not asked. */
  readonly target: string;
  /** Where a TCP connect tells whether the way to the server is open again: the first hop. Null behind a ProxyCommand. */
  readonly firstHop: Address | null;
  readonly keepalive: HostKeepalive | null;
  /** What is permitted and should not be: host keys that are not checked, for instance. Shown as long as it is so. */
  readonly warnings: readonly string[];
}

/** What a connect needs from the outside that can change while the daemon runs. */
export interface ConnectContext {
  /** The SSH_AUTH_SOCK of whoever asked last; for a HostEngine the agent that was found, for hosts without an IdentityAgent of their own. */
  readonly agentSocket: string | undefined;
  readonly person: Person;
  /** What a person has accepted (`acceptanceOf`) and is not in known_hosts yet. */
  readonly acceptedHostKeys: ReadonlySet<string>;
  readonly onResolved: (facts: LoginFacts) => void;
  /** Told of an unknown key just before the connect fails with `host-key-unknown`. */
  readonly onUnknownHostKey: (key: UnknownHostKey) => void;
}

/** What a log-in depends on outside of the config: texts that change when the keys, the known hosts or ssh_config do. */
export interface Surroundings {
  readonly keys: string;
  readonly knownHosts: string;
  readonly sshConfig: string;
}

/** What a tunnel sees of SSH: a log-in by whichever engine is right for it. */
export interface SshEngine {
  /** Resolution, TCP connect, handshake, host key check, log-in. Rejects with a Failure of the first cause. */
  connect(login: LoginSpec, context: ConnectContext, signal: AbortSignal): Promise<SshSession>;
  /** Where a TCP connect tells whether the way to the server is open. Null where none tells, or nobody knows now. Never rejects. */
  firstHop(login: LoginSpec, signal: AbortSignal): Promise<Address | null>;
  /** Looks at files and agent only; the server is not asked. Never rejects. */
  surroundings(login: LoginSpec, agentSocket: string | undefined, signal: AbortSignal): Promise<Surroundings>;
}

/** One way to speak SSH, to a host that is resolved. */
export interface HostEngine {
  readonly name: EngineName;
  connect(host: HostConfig, login: LoginSpec, context: ConnectContext, signal: AbortSignal): Promise<SshSession>;
}
