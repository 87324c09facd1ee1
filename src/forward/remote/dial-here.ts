import { connect, type NetConnectOpts, type Socket } from "node:net";
import { onAbort } from "../../base/abort.js";
import { type Endpoint, formatEndpoint, isSocketPath } from "../../base/address.js";
import { Failure } from "../../base/failure.js";
import { errorText, systemErrorCode } from "../../base/system-error.js";

/** As what a listener of ours gives its clients: with Node's 16 KiB every packet of a bulk transfer would pause and resume. */
const highWaterMark = 256 * 1024;

/** Connects to a service of this machine, half-open. Rejects with `service-refused`, `service-unreachable`, or the abort. */
export function dialHere(to: Endpoint, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { ...(isSocketPath(to) ? to : { ...to, noDelay: true }), allowHalfOpen: true, highWaterMark };
    const socket = connect(options satisfies NetConnectOpts & { highWaterMark: number });
    const forget = onAbort(signal, () => {
      socket.destroy();
      reject(signal.reason);
    });
    socket.once("error", (error) => {
      forget();
      reject(failureFromDial(error, formatEndpoint(to)));
    });
    socket.once("connect", () => {
      forget();
      // Whoever uses it listens as well; an error that comes when nobody does must not end the daemon.
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

function failureFromDial(error: unknown, to: string): Failure {
  switch (systemErrorCode(error)) {
    // No socket at the path, or one that nobody listens on any more.
    case "ENOENT":
    case "ECONNREFUSED":
      return new Failure("service-refused", `nothing listens on ${to} of this machine`, {
        hint: "Start the service on this machine, or check where the forward leads.",
        cause: error,
      });
    default:
      return new Failure("service-unreachable", `this machine cannot connect to ${to} (${errorText(error)})`, {
        hint: "Check the host and port that the forward leads to, as seen from this machine.",
        cause: error,
      });
  }
}
