import { Failure } from "../base/failure.js";
import type { HostKeyPolicy } from "./host-config.js";
import type { HostKeyRefusal } from "./host-key-check.js";
import type { UnknownHostKey } from "./session.js";

/** What becomes of a host key, as StrictHostKeyChecking has it (ssh_config(5)). */
export type HostKeyDecision =
  | { readonly kind: "accept" }
  /** Accepted, and written down where there is a file for it. */
  | { readonly kind: "write"; readonly key: UnknownHostKey | undefined }
  /** Accepted, but no secret that a person knows is to be given to it: whoever shows that key may be an impostor. */
  | { readonly kind: "accept-warily" }
  | { readonly kind: "refuse"; readonly failure: Failure; readonly unknownKey: UnknownHostKey | undefined };

/** `refusal` is what known_hosts alone says; `accepted` are fingerprints that a person has accepted meanwhile. */
export function decideHostKey(policy: HostKeyPolicy, refusal: HostKeyRefusal | undefined, accepted: ReadonlySet<string>): HostKeyDecision {
  if (refusal === undefined) return { kind: "accept" };
  const { failure, unknownKey } = refusal;
  if (failure.code === "host-key-changed" && policy === "no") return { kind: "accept-warily" };
  if (failure.code !== "host-key-unknown") return { kind: "refuse", failure, unknownKey };
  switch (policy) {
    case "no":
    case "accept-new":
      return { kind: "write", key: unknownKey };
    case "ask":
      return unknownKey !== undefined && accepted.has(unknownKey.fingerprint)
        ? { kind: "write", key: unknownKey }
        : { kind: "refuse", failure, unknownKey };
    case "yes":
      return { kind: "refuse", failure: new Failure(failure.code, failure.message, { hint: yesHint }), unknownKey: undefined };
  }
}

const yesHint =
  "StrictHostKeyChecking is yes for this host: add its key to known_hosts yourself, or set it to ask and `clawtunnel trust NAME`.";
