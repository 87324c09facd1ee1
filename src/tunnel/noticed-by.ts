import { PeerSilent } from "./silence/peer-silent.js";

/**
 * How an outage came to be known. `socket`: the connection ended, or said so. `keepalive`: a question at its usual time stayed
 * unanswered. `probe`: a question under suspicion did. `health`: a check of the forwards. `daemon-start`: the daemon itself had died.
 */
export type NoticedBy = "socket" | "keepalive" | "probe" | "health" | "daemon-start";

/** Pure. What only the history tells of, by its code, has lost how the peer was asked. */
export function noticedBy(failure: { readonly code: string }): NoticedBy {
  if (failure instanceof PeerSilent) return failure.noticedBy;
  switch (failure.code) {
    case "peer-silent":
      return "keepalive";
    case "forwarding-prohibited":
      return "health";
    default:
      return "socket";
  }
}
