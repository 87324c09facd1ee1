import { Failure } from "../base/failure.js";
import { healthDefaults } from "./defaults.js";
import { defaultOpenclawPort } from "./openclaw-port.js";
import type { ForwardEntry, TunnelEntry } from "./schema.js";
import type { LocalForwardSpec } from "./tunnel-spec.js";

/** The forwards that the user wrote, or those of the preset; where only the server knows the gateway's port, with the default one. */
export function forwardEntries(entry: TunnelEntry): readonly ForwardEntry[] {
  if (entry.forwards !== undefined) return entry.forwards;
  if (entry.preset !== "openclaw") return [];
  const usualPort = defaultOpenclawPort(profileOf(entry));
  const localPort = entry.localPort ?? usualPort;
  const remotePort = typeof entry.remotePort === "number" ? entry.remotePort : usualPort;
  const beside = portBeside(remotePort);
  return [
    { local: `127.0.0.1:${localPort}`, to: `127.0.0.1:${remotePort}` },
    ...(beside === undefined || beside === localPort ? [] : [optionalEntry(`127.0.0.1:${beside}`)]),
  ];
}

function optionalEntry(both: string): ForwardEntry {
  return { local: both, to: both, optional: true, health: { tcp: true } };
}

/** The same for a gateway whose port the server has told. */
export function besideGateway(port: number): LocalForwardSpec | undefined {
  const beside = portBeside(port);
  if (beside === undefined) return undefined;
  const both = { host: "127.0.0.1", port: beside };
  return { kind: "local", bind: both, to: both, health: { check: { kind: "tcp" }, ...healthDefaults }, hasOfflinePage: true };
}

/** Where a gateway has its second listener, if any: its pages name that to the browser by this number, so it is the same on both sides. */
function portBeside(port: number): number | undefined {
  return port < 65_535 ? port + 1 : undefined;
}

/** Null for the default profile, which OpenClaw also takes by that name. */
export function profileOf({ profile }: Pick<TunnelEntry, "profile">): string | null {
  return profile === undefined || profile.toLowerCase() === "default" ? null : profile;
}

/** What is wrong with the keys that only the preset gives a meaning. */
export function gatewayKeyProblems({ preset, forwards, ...keys }: TunnelEntry): { path: string; failure: Failure }[] {
  const problem = (path: string, why: string) => [{ path, failure: new Failure("forward-invalid", why) }];
  const isForeign = preset !== "openclaw";
  return [
    ...(["profile", "localPort", "remotePort"] as const)
      .filter((key) => keys[key] !== undefined && isForeign)
      .flatMap((key) => problem(key, 'is for "preset": "openclaw" alone')),
    ...(["localPort", "remotePort"] as const)
      .filter((key) => keys[key] !== undefined && !isForeign && forwards !== undefined)
      .flatMap((key) => problem(key, "has no place beside forwards: each says where it listens and where it leads")),
  ];
}
