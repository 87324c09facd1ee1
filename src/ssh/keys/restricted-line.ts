import { formatAddress, isSocketPath } from "../../base/address.js";
import { isNamed } from "../../config/destination.js";
import type { ForwardSpec, TunnelSpec } from "../../config/tunnel-spec.js";
import { blobOfPublicKey } from "./key-text.js";

/** What stands where nothing is permitted: without an option of that name sshd permits everything, and it has no word for nothing. */
const nowhere = "none:1";

/** Whom a key is for: the tunnel, and the machine that has its private half. */
export interface KeyOwner {
  readonly tunnel: string;
  readonly machine: string;
}

/** The forwards that a key for a tunnel must be good for: those that may open later as well. */
export function forwardsOfKey({ forwards, optionalForwards }: Pick<TunnelSpec, "forwards" | "optionalForwards">): readonly ForwardSpec[] {
  return [...forwards, ...optionalForwards.flatMap((forward) => ("kind" in forward ? [forward] : []))];
}

/** The line of authorized_keys (sshd(8)) by which a key is good for these forwards and, as far as sshd can be told so, nothing else. Pure. */
export function restrictedLine(publicKey: string, forwards: readonly ForwardSpec[], { tunnel, machine }: KeyOwner): string {
  const blob = blobOfPublicKey(publicKey)?.toString("base64") ?? "";
  const options = [
    "restrict",
    "port-forwarding",
    ...permits("permitopen", opens(forwards)),
    ...permits("permitlisten", listens(forwards)),
    'command="/bin/false"',
  ];
  return `${options.join(",")} ssh-ed25519 ${blob} clawtunnel ${word(tunnel)}@${word(machine)}`;
}

/** What such a line cannot limit, or cannot know: a sentence each. */
export function describeLimits(forwards: readonly ForwardSpec[]): string[] {
  const isAnyOpen = "and without it this key may open any address that the server reaches.";
  return [
    ...(forwards.some(isDynamic) ? [`A dynamic forward leads wherever its clients ask, which permitopen cannot say, ${isAnyOpen}`] : []),
    ...(forwards.some(leadsToSocket) ? [`permitopen cannot name a unix socket, ${isAnyOpen}`] : []),
    // OpenSSH 9.2: permitopen shuts unix sockets, permitlisten does not.
    "No option keeps a key from making unix sockets on the server: `AllowStreamLocalForwarding local` in sshd_config does.",
  ];
}

/** The key in a line that has exactly the form of ours; undefined for any other text. */
export function keyInRestrictedLine(line: string): string | undefined {
  return ourForm.exec(line)?.groups?.key;
}

/** The owner that such a line names. */
export function ownerInRestrictedLine(line: string): KeyOwner | undefined {
  const { tunnel, machine } = ourForm.exec(line)?.groups ?? {};
  return tunnel === undefined || machine === undefined ? undefined : { tunnel, machine };
}

const place = String.raw`(?:\[[0-9A-Za-z:.%]+\]|[\w.%*-]+):(?:\d{1,5}|\*)`;
const ourForm = new RegExp(
  String.raw`^restrict,port-forwarding(?:,permit(?:open|listen)="${place}")*,command="/bin/false" (?<key>ssh-ed25519 [A-Za-z0-9+/]{68}) clawtunnel (?<tunnel>[\w.-]+)@(?<machine>[\w.-]+)$`,
);

/** Undefined: anything is permitted. */
function permits(option: string, places: readonly string[] | undefined): string[] {
  if (places === undefined) return [];
  return [...new Set(places.length === 0 ? [nowhere] : places)].map((each) => `${option}="${each}"`);
}

/** As each is dialled: sshd compares texts, and `localhost` is not `127.0.0.1` to it. Any permitopen shuts all unix sockets. */
function opens(forwards: readonly ForwardSpec[]): string[] | undefined {
  if (forwards.some(isDynamic) || forwards.some(leadsToSocket)) return undefined;
  return forwards.flatMap((forward) =>
    forward.kind === "local" && !isNamed(forward.to) && !isSocketPath(forward.to) ? [formatAddress(forward.to)] : [],
  );
}

function listens(forwards: readonly ForwardSpec[]): string[] {
  return forwards.flatMap(({ kind, bind }) => {
    if (kind !== "remote" || isSocketPath(bind)) return [];
    return [formatAddress(bind).replace(/:0$/, ":*")];
  });
}

function isDynamic({ kind }: ForwardSpec): boolean {
  return kind === "dynamic";
}

function leadsToSocket(forward: ForwardSpec): boolean {
  return forward.kind === "local" && !isNamed(forward.to) && isSocketPath(forward.to);
}

/** One word of a comment. */
function word(text: string): string {
  return text.replace(/[^\w.-]+/g, "-") || "-";
}
