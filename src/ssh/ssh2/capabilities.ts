import type { HostConfig } from "../host-config.js";

/** What the lists of a host ask for and ssh2 has nothing of, as the end of a sentence. Undefined when it has something of each. */
export function unsupportedBySsh2(_host: HostConfig): string | undefined {
  return undefined;
}
