import type { LoginSpec } from "../../src/config/tunnel-spec.js";
import { nobody } from "../../src/ssh/person.js";
import { resolveHost } from "../../src/ssh/resolve/resolve-host.js";
import type { ConnectContext, HostSession } from "../../src/ssh/session.js";
import { ssh2Engine } from "../../src/ssh/ssh2/engine.js";
import type { TestSshd } from "./test-sshd.js";

type ServerOfATest = Pick<TestSshd, "user" | "host" | "port" | "clientKeyPath" | "knownHostsPath">;

/** How to log in to a test's server with its own key; nothing of this machine's ssh set-up is read. */
export function loginTo(sshd: ServerOfATest, changes: Partial<LoginSpec> = {}): LoginSpec {
  return {
    target: { user: sshd.user, host: sshd.host, port: sshd.port },
    engine: "ssh2",
    configFile: "none",
    jump: [],
    identities: [sshd.clientKeyPath],
    options: knownHostsOptions([sshd.knownHostsPath]),
    connectTimeoutMs: 10_000,
    usesKeyring: false,
    ...changes,
  };
}

/** `-o` options that have known host keys looked up in these files alone. */
export function knownHostsOptions(paths: readonly string[], globalPaths: readonly string[] = []): string[] {
  const list = (all: readonly string[]) => (all.length === 0 ? "none" : all.map((path) => `"${path}"`).join(" "));
  return [`UserKnownHostsFile=${list(paths)}`, `GlobalKnownHostsFile=${list(globalPaths)}`];
}

/** A session of the ssh2 engine, to the host that `ssh -G` makes of the log-in. */
export async function connectBySsh2(login: LoginSpec, context: ConnectContext, signal: AbortSignal): Promise<HostSession> {
  return ssh2Engine.connect(await resolveHost(login, signal), login, context, signal);
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
