import { formatServer } from "../../config/target.js";
import { describeFiles } from "../describe-files.js";
import { type HostConfig, knownHostsFiles } from "../host-config.js";

/** Servers that ssh2 could not speak with, and why: remembered until the configuration changes, which may have been the reason. */
export class Lessons {
  readonly #learned = new Map<string, { readonly why: string; readonly config: string }>();

  async learn(host: HostConfig, why: string): Promise<void> {
    this.#learned.set(formatServer(host.server), { why, config: await stateOf(host) });
  }

  async of(host: HostConfig): Promise<string | undefined> {
    const lesson = this.#learned.get(formatServer(host.server));
    return lesson !== undefined && lesson.config === (await stateOf(host)) ? lesson.why : undefined;
  }
}

/** known_hosts too: a key that was added there may do in place of an authority. */
function stateOf(host: HostConfig): Promise<string> {
  return describeFiles([host, ...host.jumps].flatMap((each) => [...each.files, ...knownHostsFiles(each)]));
}
