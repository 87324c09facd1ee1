import type { LoginSpec } from "../../src/config/tunnel-spec.js";
import { nobody } from "../../src/ssh/person.js";
import type { ConnectContext } from "../../src/ssh/session.js";
import type { TestSshd } from "./test-sshd.js";

/** How to log in to a test's server with its own key; nothing of this machine's ssh set-up is read. */
export function loginTo(sshd: TestSshd, changes: Partial<LoginSpec> = {}): LoginSpec {
  return {
    target: { user: sshd.user, host: sshd.host, port: sshd.port },
    engine: "ssh2",
    configFile: "none",
    jump: [],
    identities: [sshd.clientKeyPath],
    options: [`UserKnownHostsFile=${sshd.knownHostsPath}`, "GlobalKnownHostsFile=none"],
    connectTimeoutMs: 10_000,
    usesKeyring: false,
    ...changes,
  };
}

export function connectContext(changes: Partial<ConnectContext> = {}): ConnectContext {
  return {
    agentSocket: undefined,
    person: nobody,
    acceptedHostKeys: new Set(),
    onResolved: () => {},
    onUnknownHostKey: () => {},
    ...changes,
  };
}

export const neverAborted = new AbortController().signal;
