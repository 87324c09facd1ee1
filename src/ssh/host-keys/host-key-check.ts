import { Failure } from "../../base/failure.js";
import { formatServer } from "../../config/target.js";
import { type HostConfig, knownHostsFiles, knownHostsName } from "../host-config.js";
import type { UnknownHostKey } from "../session.js";
import { describeKey, hostPattern, judgeHostKey, type KnownHostsLine, knownKeyTypes } from "./known-hosts.js";
import { readKnownHosts } from "./known-hosts-files.js";

/** Why a server's key is not accepted; with the key when a person may accept it. */
export interface HostKeyRefusal {
  readonly failure: Failure;
  readonly unknownKey?: UnknownHostKey;
}

/** known_hosts as it was when a connect began, asked about one host. Strict: only a key that is written there passes. */
export class HostKeyCheck {
  readonly knownTypes: readonly string[];
  readonly #host: HostConfig;
  readonly #name: ReturnType<typeof knownHostsName>;
  readonly #lines: readonly KnownHostsLine[];

  private constructor(host: HostConfig, lines: readonly KnownHostsLine[]) {
    this.#host = host;
    this.#lines = lines;
    this.#name = knownHostsName(host);
    this.knownTypes = knownKeyTypes(lines, this.#name.host, this.#name.port);
  }

  /** Throws `known-hosts-unreadable`. */
  static async load(host: HostConfig): Promise<HostKeyCheck> {
    return new HostKeyCheck(host, await readKnownHosts(knownHostsFiles(host)));
  }

  /** `key` is the raw blob of RFC 4253, 6.6. Undefined means: it is the host's. */
  judge(key: Buffer): HostKeyRefusal | undefined {
    const { host, port } = this.#name;
    const verdict = judgeHostKey(this.#lines, host, port, key);
    const where = formatServer(this.#host.server);
    const { keyType, keyBase64, fingerprint } = describeKey(key);
    const shown = `${keyType} ${fingerprint}`;
    switch (verdict.kind) {
      case "known":
        return undefined;
      case "unknown": {
        const failure = new Failure("host-key-unknown", `${where} shows a host key that known_hosts does not have: ${shown}`);
        const knownHostsFile = this.#host.userKnownHosts[0];
        if (knownHostsFile === undefined) return { failure };
        const isHashed = this.#host.hashKnownHosts;
        return { failure, unknownKey: { hostPattern: hostPattern(host, port), keyType, keyBase64, fingerprint, knownHostsFile, isHashed } };
      }
      case "changed": {
        const old = `${verdict.keyType} ${describeKey(Buffer.from(verdict.keyBase64, "base64")).fingerprint}`;
        const message = `${where} shows another host key than before: ${shown}, but ${verdict.path}:${verdict.line} has ${old}`;
        return { failure: new Failure("host-key-changed", message, { hint: hintForChanged(hostPattern(host, port), verdict.path) }) };
      }
      case "revoked":
        return {
          failure: new Failure(
            "host-key-revoked",
            `${where} shows a host key that ${verdict.path}:${verdict.line} marks as revoked: ${shown}`,
          ),
        };
      case "needs-authority":
        return {
          failure: new Failure(
            "host-key-needs-authority",
            `${where} is known only through the @cert-authority of ${verdict.path}:${verdict.line}; its own key is ${shown}`,
          ),
        };
    }
  }
}

/** Single quotes hold on every shell where ssh-keygen is usual: a name with a port has brackets. */
function hintForChanged(name: string, path: string): string {
  return `Ask the server's owner. If the change is right, remove the old key, \`ssh-keygen -R '${name}' -f '${path}'\`, then \`clawtunnel trust NAME\`.`;
}
