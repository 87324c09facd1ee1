import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { type Address, formatAddress } from "../../base/address.js";
import { Failure } from "../../base/failure.js";
import { errorText, systemErrorCode } from "../../base/system-error.js";
import { describePortOwner, findPortOwner } from "../port-owner/port-owner.js";

/**
 * What may be written to a client before its channel is paused. With Node's 16 KiB every packet of a bulk transfer would pause
 * and resume; a quarter of a MiB costs a stalled client little and makes a stream a quarter faster.
 */
const bufferBytes = 256 * 1024;

/**
 * Listens on one address. Half-open, so that a client may end its request and still get its answer; paused, so that nothing is
 * read from a client that has to wait; no-delay, as this side is a person's own machine.
 * Throws `port-busy` with the owner, `bind-denied` or `bind-unavailable`.
 */
export async function listen(bind: Address, onConnection: (client: Socket) => void): Promise<Server> {
  try {
    return await startServer(optionsOf(bind), onConnection);
  } catch (error) {
    throw await failureFromBind(error, bind);
  }
}

/** As `listen`, or undefined when that cannot be done, for whatever reason. */
export function listenIfFree(bind: Address, onConnection: (client: Socket) => void): Promise<Server | undefined> {
  return startServer(optionsOf(bind), onConnection).catch(() => undefined);
}

function optionsOf({ host, port }: Address): ListenOptions {
  return { host, port, exclusive: true };
}

/** Half-open, paused and without delay, as `listen`. Rejects with the system's error. */
export async function startServer(where: ListenOptions, onConnection: (client: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true, highWaterMark: bufferBytes }, onConnection);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, resolve);
  });
  // Out of file descriptors, say: one connection is lost, the listener stays.
  server.on("error", () => {});
  return server;
}

/** The same port on the other loopback address: a browser's `localhost` may go to either. */
export function loopbackTwin(bind: Address): Address | undefined {
  if (bind.host === "127.0.0.1") return { host: "::1", port: bind.port };
  if (bind.host === "::1") return { host: "127.0.0.1", port: bind.port };
  return undefined;
}

/** `port-busy`, with who has the address. */
export async function describeBusy(bind: Address, cause?: unknown): Promise<Failure> {
  const owner = await findPortOwner(bind.port, bind.host);
  const who = owner === undefined ? "a program that this user cannot see" : describePortOwner(owner);
  return new Failure("port-busy", `${formatAddress(bind)} is already in use by ${who}`, { cause });
}

async function failureFromBind(error: unknown, bind: Address): Promise<Failure> {
  const where = formatAddress(bind);
  switch (systemErrorCode(error)) {
    case "EADDRINUSE":
      return describeBusy(bind, error);
    case "EACCES":
      return new Failure("bind-denied", `this user may not listen on ${where}`, { cause: error });
    case "EADDRNOTAVAIL":
    case "EAFNOSUPPORT":
    case "EINVAL":
    case "ENOTFOUND":
      return new Failure("bind-unavailable", `${bind.host} is not an address of this machine`, { cause: error });
    default:
      return new Failure("bind-unavailable", `cannot listen on ${where}: ${errorText(error)}`, { cause: error });
  }
}
