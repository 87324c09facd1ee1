import { Failure } from "../base/failure.js";
import { formatTarget } from "../config/target.js";
import type { LoginSpec } from "../config/tunnel-spec.js";
import { describeKey, hostPattern, judgeHostKey, type KnownHostsLine, knownKeyTypes } from "./known-hosts.js";
import { readKnownHosts } from "./known-hosts-files.js";
import type { UnknownHostKey } from "./session.js";

/** Why a server's key is not accepted; with the key when a person may accept it. */
export interface HostKeyRefusal {
  readonly failure: Failure;
  readonly unknownKey?: UnknownHostKey;
}

/** known_hosts as it was when a connect began, asked about one host. Strict: only a key that is written there passes. */
export class HostKeyCheck {
  readonly knownTypes: readonly string[];
  readonly #login: LoginSpec;
  readonly #lines: readonly KnownHostsLine[];

  private constructor(login: LoginSpec, lines: readonly KnownHostsLine[]) {
    this.#login = login;
    this.#lines = lines;
    this.knownTypes = knownKeyTypes(lines, login.target.host, login.target.port);
  }

  /** Throws `known-hosts-unreadable`. */
  static async load(login: LoginSpec): Promise<HostKeyCheck> {
    return new HostKeyCheck(login, await readKnownHosts([...login.knownHosts, ...login.globalKnownHosts]));
  }

  /** `key` is the raw blob of RFC 4253, 6.6. Undefined means: it is the host's. */
  judge(key: Buffer): HostKeyRefusal | undefined {
    const { host, port } = this.#login.target;
    const verdict = judgeHostKey(this.#lines, host, port, key);
    const where = formatTarget(this.#login.target);
    const { keyType, keyBase64, fingerprint } = describeKey(key);
    const shown = `${keyType} ${fingerprint}`;
    switch (verdict.kind) {
      case "known":
        return undefined;
      case "unknown": {
        const failure = new Failure("host-key-unknown", `${where} shows a host key that known_hosts does not have: ${shown}`);
        return { failure, unknownKey: { hostPattern: hostPattern(host, port), keyType, keyBase64, fingerprint } };
      }
      case "changed": {
        const old = `${verdict.path}:${verdict.line}`;
        return {
          failure: new Failure(
            "host-key-changed",
            `${where} shows another host key than before: ${shown}, but ${old} has a different ${verdict.keyType} key`,
          ),
        };
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
