import { onAbort } from "../../base/abort.js";
import type { AgentChoice } from "../host-config.js";
import { type AgentIdentity, listIdentities } from "./list-identities.js";

/** An agent that answers. */
export interface FoundAgent {
  readonly socketPath: string;
  readonly identities: readonly AgentIdentity[];
}

/** The first of `candidates` that answers and holds a key, else the first that answers. Asked anew each time. */
export async function findAgent(candidates: readonly string[], signal: AbortSignal): Promise<FoundAgent | undefined> {
  const enough = new AbortController();
  const forget = onAbort(signal, () => enough.abort());
  // All are asked at once, so that one which hangs costs its time only where it comes first.
  const asked = candidates.map(async (socketPath): Promise<FoundAgent | undefined> => {
    const identities = await listIdentities(socketPath, enough.signal);
    return identities && { socketPath, identities };
  });
  try {
    let empty: FoundAgent | undefined;
    for (const answer of asked) {
      const found = await answer;
      if (found !== undefined && found.identities.length > 0) return found;
      empty ??= found;
    }
    return empty;
  } finally {
    forget();
    enough.abort();
  }
}

/** The socket that a host's log-in is to use. One that ssh_config names is the only one, as in ssh: `usual` is not asked then. */
export function socketFor(choice: AgentChoice, usual: string | undefined): string | undefined {
  if (choice.kind === "usual") return usual;
  return choice.kind === "socket" ? choice.path : undefined;
}
