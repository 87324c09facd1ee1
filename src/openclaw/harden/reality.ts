import { createHash } from "node:crypto";
import { formatAddress, isLoopback } from "../../base/address.js";
import type { ServerListener } from "../server/listeners.js";

/** The sockets of the gateway on `port`, and those on port + 1 that are of the same process. */
export function gatewayListeners(listeners: readonly ServerListener[], port: number): readonly ServerListener[] {
  const own = listeners.filter((listener) => listener.port === port);
  const pids = new Set(own.map(({ pid }) => pid).filter((pid) => pid !== null));
  return [...own, ...listeners.filter((listener) => listener.port === port + 1 && listener.pid !== null && pids.has(listener.pid))];
}

/** `host:port` each, in order. */
export function namesOf(listeners: readonly ServerListener[]): string[] {
  return [...new Set(listeners.map(formatAddress))].sort();
}

/** Whether something listens, and nothing where others than the server itself come in. */
export function isOnlyLoopback(listeners: readonly ServerListener[]): boolean {
  return listeners.length > 0 && listeners.every(({ host }) => isLoopbackAddress(host));
}

/** As the kernel has it: 127.0.0.1 comes as an IPv6 address from a socket of both kinds. */
function isLoopbackAddress(host: string): boolean {
  return isLoopback(host.replace(/^::ffff:/, ""));
}

/** Whether `gateway.bind` as it is written is the loopback; `loopback` is what gateways write themselves. */
export function isLoopbackBind(bind: string | null): boolean {
  return bind === "loopback" || (bind !== null && isLoopback(bind));
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
