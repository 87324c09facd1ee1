import { timingDefaults } from "../../config/defaults.js";
import type { KeepaliveSpec } from "../../config/tunnel-spec.js";
import type { HostKeepalive } from "../../ssh/host-config.js";

/** How often a peer is asked whether it is there, and how long it may leave a question unanswered. */
export interface KeepalivePolicy {
  readonly intervalMs: number;
  readonly countMax: number;
  readonly replyTimeoutMs: number;
}

/** The tunnel's own word first, then ssh_config's, then our defaults. */
export function keepalivePolicy(spec: KeepaliveSpec, ofHost: HostKeepalive | null): KeepalivePolicy {
  return {
    intervalMs: spec.intervalMs ?? ofHost?.intervalMs ?? timingDefaults.keepaliveIntervalMs,
    countMax: spec.countMax ?? ofHost?.countMax ?? timingDefaults.keepaliveCountMax,
    replyTimeoutMs: spec.replyTimeoutMs,
  };
}
