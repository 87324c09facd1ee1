import { resolve } from "node:path";
import { type Endpoint, formatEndpoint, isSocketPath } from "../base/address.js";
import { formatDestination } from "../config/destination.js";
import { parseDynamicForward, parseForward, parseRemoteForward } from "../config/forward-spec.js";

const list = { type: "string", array: true, nargs: 1, requiresArg: true } as const;

/** The forwards of ssh(1), with the same letters and meaning. */
export const forwardOptions = {
  L: {
    ...list,
    describe:
      "Forward [bind:]port:host:hostport, with a socket's path on either side if wanted, or [bind:]port:docker:name:port; may be repeated",
  },
  R: { ...list, describe: "The same from the server to this machine; port 0: the server chooses; may be repeated" },
  D: { ...list, describe: "SOCKS proxy at [bind:]port; may be repeated" },
} as const;

export interface ForwardArgs {
  readonly L: string[] | undefined;
  readonly R: string[] | undefined;
  readonly D: string[] | undefined;
}

/** The forwards as the config keeps them. Throws `forward-invalid` or `bind-public`. */
export function forwardsFromArgs({ L = [], R = [], D = [] }: ForwardArgs): Record<string, string>[] {
  return [
    ...L.map(parseForward).map(({ bind, to }) => ({ local: here(bind), to: formatDestination(to) })),
    ...R.map(parseRemoteForward).map(({ bind, to }) => ({ remote: formatEndpoint(bind), to: here(to) })),
    ...D.map(parseDynamicForward).map((bind) => ({ dynamic: here(bind) })),
  ];
}

/** A path of this machine is meant from where the person stands; the daemon stands elsewhere. `~` is left for the daemon to read. */
function here(endpoint: Endpoint): string {
  return isSocketPath(endpoint) && !endpoint.path.startsWith("~") ? resolve(endpoint.path) : formatEndpoint(endpoint);
}
