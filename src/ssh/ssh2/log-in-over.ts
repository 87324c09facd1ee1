import ssh2 from "ssh2";
import { onAbort } from "../../base/abort.js";
import { Failure } from "../../base/failure.js";
import { formatServer } from "../../config/target.js";
import type { HostConfig } from "../host-config.js";
import type { HostKeyCheck } from "../host-keys/host-key-check.js";
import { LogInDeadline } from "../log-in-deadline.js";
import type { ConnectContext } from "../session.js";
import { asAlgorithms, offerFor } from "./algorithms.js";
import type { FoundKeys } from "./auth/keys.js";
import { LogIn } from "./auth/log-in.js";
import { overhearAnswers } from "./auth/overhear.js";
import { Questions } from "./auth/questions.js";
import { failureFromConnect, failureFromSsh2 } from "./failures.js";
import { hostVerifier } from "./host-key-verifier.js";
import type { Line } from "./line.js";
import { Ssh2Session } from "./session.js";
import { listenIn } from "./socket.js";

/** What is known before the handshake. */
export interface Preparation {
  readonly timeoutMs: number;
  readonly keys: FoundKeys;
  readonly hostKey: HostKeyCheck;
}

/** Handshake, host key and log-in over a line that stands. The line is destroyed when it comes to nothing. */
export function logInOver(
  line: Line,
  host: HostConfig,
  { timeoutMs, keys, hostKey }: Preparation,
  context: ConnectContext,
  signal: AbortSignal,
): Promise<Ssh2Session> {
  const where = formatServer(host.server);
  const client = new ssh2.Client();
  const unwanted = () => (signal.reason instanceof Failure ? signal.reason : new Failure("session-gone", `${where}: no longer wanted`));
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(unwanted());
    if (line.errored) return reject(line.errored instanceof Failure ? line.errored : failureFromConnect(line.errored, where));
    // ssh2 would wait for the end of a stream that has ended already.
    if (line.readableEnded) return reject(new Failure("handshake-lost", `${where} closed the connection before the handshake`));
    const heard = listenIn(line);
    const ended = new AbortController();
    let firstFailure: Failure | undefined;
    const settle = () => {
      forget();
      deadline.end();
      // Nobody is to be asked any more for a log-in that is over.
      ended.abort();
    };
    const fail = (failure: Failure) => {
      firstFailure ??= failure;
      settle();
      line.destroy();
      reject(firstFailure);
    };
    const deadline = new LogInDeadline(timeoutMs, () =>
      fail(new Failure("handshake-timeout", `${where}: no SSH log-in within ${timeoutMs} ms`)),
    );
    const logIn = new LogIn(host, keys, new Questions(context.person, deadline, ended.signal), fail, ended.signal);
    const forget = onAbort(signal, () => fail(unwanted()));
    // ssh2 speaks several times of one trouble; the first voice names it, the others find it already named.
    client.on("error", (error: Error & { level?: string }) => {
      if (error.level === "agent") return;
      const isRejected = error.level === "client-authentication";
      fail(isRejected ? logIn.rejected() : failureFromSsh2(error, { where, stage: "handshake", heard: heard() }));
    });
    client.once("close", () => fail(new Failure("handshake-lost", `${where} closed the connection during the log-in`)));
    client.once("change password", () => {
      fail(new Failure("auth-rejected", `${where} wants a new password; change it with \`ssh\` first`));
    });
    client.once("ready", () => {
      settle();
      client.removeAllListeners();
      resolve(new Ssh2Session(client, line, where));
    });
    client.connect({
      sock: line,
      username: host.server.user,
      authHandler: logIn.handler,
      readyTimeout: 0,
      keepaliveInterval: 0,
      // What only OpenSSH is known to have is asked of every server; one that does not know it says so.
      strictVendor: false,
      algorithms: asAlgorithms(offerFor(host, hostKey.knownTypes)),
      hostVerifier: hostVerifier(host, hostKey, context, (failure) => {
        firstFailure ??= failure;
      }),
    });
    overhearAnswers(client, (accepted, isPartial) => logIn.heard(accepted, isPartial));
  });
}
