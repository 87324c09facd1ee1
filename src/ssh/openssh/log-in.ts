import { onAbort } from "../../base/abort.js";
import { asFailure, Failure } from "../../base/failure.js";
import { formatServer } from "../../config/target.js";
import type { HostConfig } from "../host-config.js";
import { LogInDeadline } from "../log-in-deadline.js";
import { isAtLeast, type OpensshVersion } from "../openssh-version.js";
import type { ConnectContext } from "../session.js";
import { waitForControlSocket } from "./control-socket.js";
import { Conversation } from "./conversation.js";
import type { loadPty } from "./process.js";
import type { Receipts } from "./receipts.js";
import { OpensshSession } from "./session.js";
import { SshLog } from "./ssh-log.js";
import { SupervisedSsh } from "./supervised-ssh.js";

/** ssh's own ConnectTimeout, which knows more of what went wrong, comes first; and the log-in comes after it. */
const logInGraceMs = 2_000;

interface LogInFacts {
  readonly host: HostConfig;
  readonly context: ConnectContext;
  readonly version: OpensshVersion;
  readonly connectTimeoutMs: number;
  readonly runtimeDir: string;
  readonly receipts: Receipts;
  readonly loadPty: typeof loadPty;
  words(controlPath: string, canAsk: boolean): readonly string[];
  readonly signal: AbortSignal;
}

/** Starts an ssh, answers what it asks, and resolves when its control socket greets. Rejects with the first cause; the ssh is then ended. */
export async function logIn({
  host,
  context,
  version,
  connectTimeoutMs,
  runtimeDir,
  receipts,
  loadPty,
  words,
  signal,
}: LogInFacts): Promise<OpensshSession> {
  const where = formatServer(host.server);
  const life = new AbortController();
  const fail = (failure: Failure) => life.abort(failure);
  const forget = onAbort(signal, () => {
    fail(signal.reason instanceof Failure ? signal.reason : new Failure("session-gone", `${where}: no longer wanted`));
  });
  const deadlineMs = Math.ceil(connectTimeoutMs / 1000) * 1000 + logInGraceMs;
  const deadline = new LogInDeadline(deadlineMs, () =>
    fail(new Failure("handshake-timeout", `${where}: no SSH log-in within ${deadlineMs} ms`)),
  );

  const isMarked = isAtLeast(version, 8, 5);
  let canAsk = false;
  let ssh: SupervisedSsh | undefined;
  let session: OpensshSession | undefined;
  const conversation = new Conversation({
    host,
    context,
    marksServersWords: isMarked,
    signal: life.signal,
    type: (text) => ssh?.type(text),
    fail,
    pause: () => deadline.pause(),
  });
  const log = new SshLog(
    // A banner says what the server likes, but does not know which process reads it.
    ({ text, pid }) => conversation.onLogLine(text, !isMarked || (pid !== null && pid === ssh?.pid)),
    (event) => session?.hear(event),
  );
  try {
    ssh = await SupervisedSsh.start(
      {
        runtimeDir,
        receipts,
        loadPty,
        env: environment(context.agentSocket),
        words: (controlPath, canItAsk) => {
          canAsk = canItAsk;
          return words(controlPath, canItAsk);
        },
      },
      { onTerminal: (text) => conversation.onTerminal(text), onLog: (text) => log.feed(text) },
    );
    const causeOf = (exit: string) => log.causeOf(exit, where, canAsk);
    void ssh.exited.then((exit) => fail(causeOf(exit)));
    const mux = await waitForControlSocket(ssh.controlPath, life.signal);
    log.begin();
    session = new OpensshSession({ ssh, mux, where, causeOf });
    return session;
  } catch (error) {
    ssh?.end();
    // First of all what ended this life; what that broke came after it.
    throw life.signal.aborted ? asFailure(life.signal.reason) : asFailure(error);
  } finally {
    deadline.end();
    forget();
    conversation.end();
  }
}

/** Messages in the language that is read here; the agent that was found; nothing by which it could speak for this service. */
function environment(agentSocket: string | undefined): NodeJS.ProcessEnv {
  const { SSH_AUTH_SOCK: _, NOTIFY_SOCKET: __, WATCHDOG_PID: ___, WATCHDOG_USEC: ____, ...rest } = process.env;
  return {
    ...rest,
    ...(agentSocket !== undefined && { SSH_AUTH_SOCK: agentSocket }),
    LC_ALL: "C",
    // No window of its own: what it asks comes to its terminal, and from there to the person.
    SSH_ASKPASS: "",
    SSH_ASKPASS_REQUIRE: "never",
  };
}
