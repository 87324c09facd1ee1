import type { Failure } from "../../base/failure.js";
import type { GatewayConfig } from "../config/gateway-config.js";
import type { AddressScope } from "../server/address-scope.js";
import type { ServerListeners } from "../server/listeners.js";
import type { GatewayProcess } from "../server/process.js";
import type { ServerFacts } from "./server-facts.js";

/** What a port on the server is for: the forward's own service, or what a gateway keeps beside it (port + 1, port + 2). */
export type PortRole = "gateway" | "service" | "sandbox" | "browser";

export interface AuditedPort {
  readonly port: number;
  readonly role: PortRole;
}

/** What was seen, or why nothing could be. */
export type Look<T> = { readonly seen: T } | { readonly notSeen: string; readonly failure?: Failure };

/** What came of dialling one address of the host from here. */
export interface Reached {
  readonly address: string;
  readonly port: number;
  readonly scope: AddressScope;
  /** `nothing`: refused, or no answer in time. */
  readonly answer: "gateway" | "something" | "nothing";
  readonly detail: string;
}

/** All that an audit has seen, before anything is made of it. */
export interface AuditFacts {
  readonly tunnel: string;
  readonly ports: readonly AuditedPort[];
  readonly listeners: Look<ServerListeners>;
  readonly reach: Look<readonly Reached[]>;
  /** Undefined where there is no gateway to be explained. */
  readonly config: Look<GatewayConfig> | undefined;
  readonly process: GatewayProcess | undefined;
  readonly server: ServerFacts | undefined;
}

export function roleOf({ ports }: Pick<AuditFacts, "ports">, port: number): PortRole | undefined {
  return ports.find((audited) => audited.port === port)?.role;
}
