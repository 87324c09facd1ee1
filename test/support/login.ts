import type { LoginSpec } from "../../src/config/tunnel-spec.js";
import type { ConnectContext } from "../../src/ssh/session.js";
import type { TestSshd } from "./test-sshd.js";

/** How to log in to a test's server with its own key; nothing of this machine's ssh set-up is read. */
export function loginTo(sshd: TestSshd, changes: Partial<LoginSpec> = {}): LoginSpec {
  return {
    target: { user: sshd.user, host: sshd.host, port: sshd.port },
    identities: [sshd.clientKeyPath],
    knownHosts: [sshd.knownHostsPath],
    globalKnownHosts: [],
    connectTimeoutMs: 10_000,
    ...changes,
  };
}

export function connectContext(changes: Partial<ConnectContext> = {}): ConnectContext {
  return { agentSocket: undefined, onUnknownHostKey: () => {}, ...changes };
}

export const neverAborted = new AbortController().signal;
