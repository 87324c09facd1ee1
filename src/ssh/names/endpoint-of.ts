import type { Endpoint } from "../../base/address.js";
import { type Destination, isNamed } from "../../config/destination.js";
import type { SshSession } from "../session.js";

/** Where a destination is; undefined for a name that this session has not dialled yet. */
export function endpointOf(to: Destination, session: Pick<SshSession, "resolved"> | undefined): Endpoint | undefined {
  return isNamed(to) ? session?.resolved?.(to)?.endpoint : to;
}
