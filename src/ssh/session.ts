import type { Duplex } from "node:stream";
import type { Address } from "../base/address.js";
import type { Failure } from "../base/failure.js";
import type { LoginSpec } from "../config/tunnel-spec.js";

/**
 * A log-in that stands. Both engines speak these words; nobody else knows which library is behind them.
 * The Duplex of `dial` is half-open: either side may end while the other goes on. It emits `error` when the session dies
 * under it, and `destroy()` closes the channel at once.
 */
export interface SshSession {
  /** Resolves once, with the first cause, when the session is no longer usable. Never rejects. */
  readonly ended: Promise<Failure>;
  /** Opens a direct-tcpip channel (RFC 4254, 7.2). Rejects with `service-refused`, `service-unreachable`, `forwarding-prohibited`, `channel-refused` or `session-gone`. */
  dial(to: Address, signal: AbortSignal): Promise<Duplex>;
  /** A question that only the peer can answer, and its round trip in ms. Rejects when the session ends or `signal` aborts. */
  probe(signal: AbortSignal): Promise<number>;
  traffic(): SessionTraffic;
  /** Ends the session and its channels. `ended` then resolves. */
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
  readonly keyBase64: string;
  /** `SHA256:…`, as `ssh` prints it. */
  readonly fingerprint: string;
}

/** What a connect needs from the outside that can change while the daemon runs. */
export interface ConnectContext {
  /** The agent's unix socket or Windows pipe; undefined when there is none. */
  readonly agentSocket: string | undefined;
  /** Told of an unknown key just before the connect fails with `host-key-unknown`. */
  readonly onUnknownHostKey: (key: UnknownHostKey) => void;
}

/** What a log-in depends on outside of the config: texts that change when the keys or the known hosts do. */
export interface Surroundings {
  readonly keys: string;
  readonly knownHosts: string;
}

export interface SshEngine {
  readonly name: "ssh2";
  /** TCP connect, handshake, host key check, log-in. Rejects with a Failure of the first cause. */
  connect(login: LoginSpec, context: ConnectContext, signal: AbortSignal): Promise<SshSession>;
  /** Looks at files and agent only; the server is not asked. Never rejects. */
  surroundings(login: LoginSpec, agentSocket: string | undefined, signal: AbortSignal): Promise<Surroundings>;
}
