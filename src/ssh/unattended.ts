import { nobody } from "./person.js";
import type { ConnectContext } from "./session.js";

/** For a log-in to see whether it can be done: nobody answers for it, no agent helps, and nothing but its outcome is of interest. */
export const unattended: ConnectContext = {
  agentSocket: undefined,
  person: nobody,
  acceptedHostKeys: new Set(),
  onResolved: () => {},
  onUnknownHostKey: () => {},
};
