import { Failure } from "../../base/failure.js";
import type { HostKeyPolicy } from "../host-config.js";
import { acceptanceOf, type UnknownHostKey } from "../session.js";
import type { HostKeyRefusal } from "./host-key-check.js";
import { formatKnownHostsLine } from "./known-hosts.js";

/** What becomes of a host key, as StrictHostKeyChecking has it (ssh_config(5)). */
export type HostKeyDecision =
  | { readonly kind: "accept" }
  /** Accepted, and written down where there is a file for it. */
  | { readonly kind: "write"; readonly key: UnknownHostKey | undefined }
  | { readonly kind: "refuse"; readonly failure: Failure; readonly unknownKey: UnknownHostKey | undefined };

/**
 * A changed key is refused with `no`, too: ssh logs in then, but opens no forward ("Port forwarding is disabled to avoid
 * man-in-the-middle attacks"), and a log-in without one is nothing here. `refusal` is what known_hosts alone says; `accepted` are what a person has accepted meanwhile.
 */
export function decideHostKey(policy: HostKeyPolicy, refusal: HostKeyRefusal | undefined, accepted: ReadonlySet<string>): HostKeyDecision {
  if (refusal === undefined) return { kind: "accept" };
  const { failure, unknownKey } = refusal;
  if (failure.code !== "host-key-unknown") return { kind: "refuse", failure, unknownKey };
  switch (policy) {
    case "no":
    case "accept-new":
      return { kind: "write", key: unknownKey };
    case "ask":
      return unknownKey !== undefined && accepted.has(acceptanceOf(unknownKey))
        ? { kind: "write", key: unknownKey }
        : { kind: "refuse", failure, unknownKey };
    case "yes":
      return {
        kind: "refuse",
        failure: new Failure(failure.code, failure.message, { hint: hintByHand(unknownKey) }),
        unknownKey: undefined,
      };
  }
}

/** ssh adds no key then, whoever agrees: a person writes the line. */
function hintByHand(key: UnknownHostKey | undefined): string {
  if (key === undefined || key.keyBase64 === null) return "StrictHostKeyChecking is yes: add the server's key to your known_hosts by hand.";
  const line = formatKnownHostsLine({ ...key, isHashed: false });
  return `StrictHostKeyChecking is yes: if the fingerprint is the server's, add this line to ${key.knownHostsFile}: ${line}`;
}
