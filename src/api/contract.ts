import type { FailureReport } from "../base/failure.js";
import type { ManagerName } from "../base/manager-name.js";
import type { OnPortBusy, TunnelSpec } from "../config/tunnel-spec.js";
import type { TunnelStatus } from "../tunnel/status.js";

/** The control API's words, shared by server, client and commands. HTTP/1.1 over a unix socket or a named pipe. */
export const apiVersion = 1;

/** `GET /v1/status` */
export interface StatusReport {
  readonly apiVersion: typeof apiVersion;
  readonly daemon: DaemonStatus;
  readonly tunnels: readonly TunnelStatus[];
}

export interface DaemonStatus {
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  /** Who started it, and starts it again; `none`: a person, or a command of theirs. */
  readonly service: ManagerName | "none";
  /** `javascript`: ssh2's compiled crypto is missing, and bulk transfers are up to ten times slower. */
  readonly crypto: "native" | "javascript";
  /** Where the control API listens. */
  readonly socket: string;
  /** The file's path, and why its last edit is not in force. */
  readonly config: { readonly path: string; readonly failure: FailureReport | null };
  /** Why the log cannot be written now, if it cannot. */
  readonly log: { readonly path: string; readonly failure: string | null };
  /** Why it cannot be written which tunnels are up and down, if it cannot: a new daemon would not know of the latest `up` and `down`. */
  readonly state: { readonly path: string; readonly failure: string | null };
}

/** `POST /v1/tunnels`: open a tunnel, and save it unless `once`. Answers with TunnelCreated. */
export interface CreateTunnel {
  readonly name?: string;
  /** As in config.json: checked there. */
  readonly tunnel: unknown;
  readonly once?: boolean;
  readonly agentSocket?: string;
  readonly attended?: boolean;
}

export interface TunnelCreated {
  readonly name: string;
}

/** `GET /v1/tunnels/:name`: as it is in force, also where no config says so (`up --once`) or the file can no longer be read. */
export interface TunnelDetails {
  readonly spec: TunnelSpec;
}

/** The body of `POST /v1/tunnels/:name/up`. */
export interface UpRequest {
  /** The caller's SSH_AUTH_SOCK: a daemon outlives the agent that it was started with. */
  readonly agentSocket?: string;
  /** A person waits at a terminal and is asked; otherwise what the config permits is done without a question. */
  readonly attended?: boolean;
  /** For this time, in place of what the config says. */
  readonly onPortBusy?: OnPortBusy;
}

/** The body of `POST /v1/tunnels/:name/client`: the OpenClaw on this machine is to use this tunnel, from now on. Answers with ClientConfigured. */
export interface ConfigureClient {
  /** Its configuration: absolute. */
  readonly file: string;
  /** Also when it is set up for a gateway on this machine, which does not start with it any more. */
  readonly leavesLocal?: boolean;
}

export interface ClientConfigured {
  /** With links followed. */
  readonly file: string;
  readonly url: string;
  /** False when it said so already, and nothing was written. */
  readonly isChanged: boolean;
  /** What the file was before it was changed for the first time; null when there was none, or nothing was written. */
  readonly backup: string | null;
}

/** The body of `POST /v1/tunnels/:name/restart`. */
export interface RestartRequest {
  readonly attended?: boolean;
}

/** The body of `POST /v1/tunnels/:name/key`: puts a key of least privilege into authorized_keys on the server. Answers with KeyInstalled. */
export interface InstallKey {
  /** Of exactly the form and for exactly the forwards that the daemon would write it. */
  readonly line: string;
  /** The file of the private half, by which the line is proved. */
  readonly identity: string;
}

export interface KeyInstalled {
  /** How many lines with this key it took the place of. */
  readonly replaced: number;
}

/**
 * The body of `POST /v1/prompts/:id`: the answer to a prompt of kind `secret`, or whether what is shown is agreed to. Without that
 * a `secret` is not answered at all. `attended`: whoever agreed waits for what becomes of it, and can be asked more.
 */
export type PromptAnswer = { readonly answer: string } | { readonly accept: boolean; readonly attended?: boolean };

/**
 * The body of `POST /v1/tunnels/:name/harden`. A dry run answers with HardenPlan; its agreement has that done, and answers with a line
 * of HardenProgress for each step (application/x-ndjson) and a HardenOutcome last. `restart`, the same in both: a command for the
 * server that starts the gateway's process anew.
 */
export type HardenRequest = ({ readonly dryRun: true } | { readonly agreement: string }) & { readonly restart?: string };

/** The body of `POST /v1/shutdown`. */
export interface ShutdownRequest {
  /** A new daemon takes over: tunnels that are not saved are left for it in the state folder. */
  readonly handOver?: boolean;
}

/** `POST /v1/forget`: what log-ins were answered is not known any more. */
export interface Forgotten {
  /** Whose answers they were: `passphrase` and a key file's path, or `password` and `user@host:port`. */
  readonly accounts: readonly string[];
  /** Why the system's keyring could not be asked. */
  readonly keyringFailure: string | null;
}

/** One event of `GET /v1/events` (text/event-stream, `event: tunnel`). */
export interface TunnelChange {
  readonly at: string;
  readonly tunnel: TunnelStatus;
}

/** Every refusal of the control API. */
export interface ErrorReply {
  readonly error: FailureReport;
}
