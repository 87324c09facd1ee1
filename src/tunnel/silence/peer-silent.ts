import { Failure } from "../../base/failure.js";
import type { AskReason } from "./patience.js";

/** The peer gave no sign of life when it was asked: at the usual time (`keepalive`), or out of turn (`probe`). */
export class PeerSilent extends Failure {
  readonly noticedBy: "keepalive" | "probe";

  constructor(message: string, asked: AskReason) {
    super("peer-silent", message);
    this.noticedBy = asked === "routine" ? "keepalive" : "probe";
  }
}
