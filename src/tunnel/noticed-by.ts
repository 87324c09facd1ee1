/**
 * How an outage came to be known. `socket`: the connection ended, or said so. `keepalive`: a question at its usual time stayed
 * unanswered. `probe`: a question under suspicion did. `health`: a check of the forwards. `daemon-start`: the daemon itself had died.
 */
export type NoticedBy = "socket" | "keepalive" | "probe" | "health" | "daemon-start";

/** Pure. The code alone decides, so that an outage whose beginning is read from the history says the same. */
export function noticedBy({ code }: { readonly code: string }): NoticedBy {
  switch (code) {
    case "peer-silent":
      return "keepalive";
    case "forwarding-prohibited":
      return "health";
    default:
      return "socket";
  }
}
