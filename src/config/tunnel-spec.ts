import type { Endpoint } from "../base/address.js";
import type { Destination, GatewayPort } from "./destination.js";
import type { Target } from "./target.js";

/** How to tell that the service behind a forward answers. */
export type HealthCheck =
  | { readonly kind: "tcp" }
  | { readonly kind: "http"; readonly path: string; readonly status: number | null }
  | { readonly kind: "openclaw"; readonly deep: DeepSpec | null };

/** The rare check that logs in to an OpenClaw gateway. Its token is never in the config: only where it is to be found. */
export interface DeepSpec {
  readonly token: TokenSource;
  readonly everyMs: number;
}

export type TokenSource =
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "keyring" };

export interface HealthSpec {
  readonly check: HealthCheck;
  readonly everyMs: number;
  readonly timeoutMs: number;
}

/** This machine listens at `bind`, and the server dials `to`. */
export interface LocalForwardSpec {
  readonly kind: "local";
  readonly bind: Endpoint;
  readonly to: Destination;
  readonly health: HealthSpec;
  /** Whether an HTTP client that no session was there for is told so, or reset like any other. */
  readonly hasOfflinePage: boolean;
}

/** The server listens at `bind`, where port 0 lets it choose and `*` is every address of it; this machine dials `to`. */
export interface RemoteForwardSpec {
  readonly kind: "remote";
  readonly bind: Endpoint;
  readonly to: Endpoint;
  readonly health: HealthSpec;
}

/** This machine listens at `bind` as a SOCKS proxy, and the server dials what each client asks for. */
export interface DynamicForwardSpec {
  readonly kind: "dynamic";
  readonly bind: Endpoint;
  readonly health: HealthSpec;
}

/**
 * A second listener of a gateway whose own port only the server knows: one above it, and under that number on this machine too, as the
 * gateway tells browsers so.
 */
export interface BesideGateway {
  readonly beside: GatewayPort;
}

/** A forward that opens when something was seen to listen behind it, and whose absence hurts nobody. */
export type OptionalForward = LocalForwardSpec | BesideGateway;

export type ForwardSpec = LocalForwardSpec | RemoteForwardSpec | DynamicForwardSpec;

export interface BackoffPolicy {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  readonly steadyAfterMs: number;
}

/** How often a silent peer is asked. What the user did not say is null: then ssh_config says it, or our defaults do. */
export interface KeepaliveSpec {
  readonly intervalMs: number | null;
  readonly countMax: number | null;
  readonly replyTimeoutMs: number;
}

export type EngineChoice = "auto" | "ssh2" | "openssh";

/** Where and how to log in, as the user said it; ssh_config has its say when it is resolved. Paths are absolute. */
export interface LoginSpec {
  readonly target: Target;
  readonly engine: EngineChoice;
  /** An ssh_config to read in place of the user's and the system's, as `ssh -F`. */
  readonly configFile: string | null;
  /** The hosts to go through, in order, each as `ssh -J` takes it. */
  readonly jump: readonly string[];
  /** Key files the user named, as `ssh -i`. */
  readonly identities: readonly string[];
  /** Options of ssh_config(5), each `Key=Value` as `ssh -o` takes it; the first of a key wins. */
  readonly options: readonly string[];
  /** Null: what ssh_config says, else our default. */
  readonly connectTimeoutMs: number | null;
  /** Whether answers to what the log-in asks may be kept in the system's keyring. */
  readonly usesKeyring: boolean;
}

/**
 * What becomes of a tunnel whose local port somebody else has: it is held until the port is free, it listens on the next free
 * port meanwhile, or a stale ssh with this very forward is ended.
 */
export type OnPortBusy = "hold" | "next" | "replace";

/** One tunnel with nothing left open: every default filled in, every address parsed. */
export interface TunnelSpec {
  readonly name: string;
  /** To the preferred target. */
  readonly login: LoginSpec;
  /** Other ways to the same server, in the order in which they are tried when the ones before do not let us in. */
  readonly fallbackTargets: readonly Target[];
  readonly forwards: readonly ForwardSpec[];
  /** Of the OpenClaw gateway behind it, whose configuration on the server is meant; null for the default one. */
  readonly gatewayProfile: string | null;
  readonly optionalForwards: readonly OptionalForward[];
  readonly keepalive: KeepaliveSpec;
  readonly backoff: BackoffPolicy;
  readonly waitForTunnelMs: number;
  readonly waitingConnectionsMax: number;
  readonly onPortBusy: OnPortBusy;
  /** When its server is looked at by itself (`audit`): a cron expression, `weekly` at a time of the tunnel's own, or `off`. */
  readonly auditSchedule: string;
}
