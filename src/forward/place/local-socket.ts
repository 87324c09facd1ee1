import { existsSync, lstatSync, unlinkSync } from "node:fs";
import { connect, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import type { SocketPath } from "../../base/address.js";
import { Failure } from "../../base/failure.js";
import { errorText, systemErrorCode } from "../../base/system-error.js";
import { describePortOwner, findSocketOwner } from "../port-owner/port-owner.js";
import { isListenedOn } from "../port-owner/port-owner-linux.js";
import { startServer } from "./bind.js";

const otherPathHint = "End the program that listens there, or choose another path.";

/**
 * The unix socket of one forward, held from `open` to `close`. The daemon's umask keeps it to this user. What a program left
 * behind that did not remove its own is replaced; where anybody listens, or anything but a socket lies, it is left alone.
 */
export class LocalSocket {
  readonly #wanted: SocketPath;
  readonly #onConnection: (client: Socket) => void;
  #server: Server | undefined;
  #isOpenWanted = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(wanted: SocketPath, onConnection: (client: Socket) => void) {
    this.#wanted = wanted;
    this.#onConnection = onConnection;
  }

  /** Undefined while nobody listens. A path has no twin, and no other one stands in for it. */
  get place() {
    return this.#server && { bind: this.#wanted, displacedBy: undefined, twinFailure: undefined };
  }

  /** Listens, if it does not yet. Throws `port-busy`, `bind-denied` or `bind-unavailable`. */
  async open(): Promise<void> {
    if ((await this.#take()) === "busy") throw await describeBusyPath(this.#wanted.path);
  }

  /** Listens if nobody else does now, and tells whether it does. Nobody is named for it, which reads every process of the machine. */
  async openIfFree(): Promise<boolean> {
    await this.#take().catch(() => {});
    return this.#server !== undefined;
  }

  /** Node removes the socket with it. */
  close(): void {
    this.#isOpenWanted = false;
    this.#server?.close();
    this.#server = undefined;
  }

  #take(): Promise<"taken" | "busy"> {
    this.#isOpenWanted = true;
    const done = this.#turn.then(async () => {
      if (this.#server !== undefined || !this.#isOpenWanted) return "taken";
      const server = await listenOnPath(this.#wanted.path, this.#onConnection);
      if (server === "busy") return server;
      // Closed while it was still opening.
      if (this.#isOpenWanted) this.#server = server;
      else server.close();
      return "taken";
    });
    this.#turn = done.catch(() => {});
    return done;
  }
}

/** `busy` where somebody listens already. */
async function listenOnPath(path: string, onConnection: (client: Socket) => void): Promise<Server | "busy"> {
  const server = await startIfFree(path, onConnection);
  if (server !== "busy" || !(await removeStale(path))) return server;
  return startIfFree(path, onConnection);
}

/** `busy` where something is at the path already. */
async function startIfFree(path: string, onConnection: (client: Socket) => void): Promise<Server | "busy"> {
  try {
    return await startServer({ path }, onConnection);
  } catch (error) {
    if (systemErrorCode(error) === "EADDRINUSE") return "busy";
    throw failureFromPath(error, path);
  }
}

/** Removes a socket that nobody listens on, and tells whether the path may be free now. Throws `bind-unavailable` for what is no socket. */
async function removeStale(path: string): Promise<boolean> {
  const before = statOf(path);
  if (before === undefined) return true;
  if (!before.isSocket()) {
    throw new Failure("bind-unavailable", `${path} is there already and is no socket: it is left alone`, { hint: otherPathHint });
  }
  if (!(await isDeserted(path))) return false;
  // Another program may have done the same meanwhile, and listen there now.
  const now = statOf(path);
  if (now?.ino !== before.ino || now.ctimeMs !== before.ctimeMs) return true;
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    throw failureFromPath(error, path);
  }
}

function statOf(path: string) {
  return lstatSync(path, { throwIfNoEntry: false });
}

/**
 * Only a refusal says so: a listener whose queue is full, or that may not be reached by this user, is one all the same. One that
 * the kernel's list has under this very path need not be disturbed for it.
 */
async function isDeserted(path: string): Promise<boolean> {
  if (await isListenedOn(path)) return false;
  return new Promise((resolve) => {
    const caller = connect({ path });
    caller.once("connect", () => {
      caller.destroy();
      resolve(false);
    });
    caller.once("error", (error) => resolve(["ECONNREFUSED", "ENOENT"].includes(systemErrorCode(error) ?? "")));
  });
}

async function describeBusyPath(path: string): Promise<Failure> {
  const owner = await findSocketOwner(path);
  const who = owner === undefined ? "another program" : describePortOwner(owner);
  return new Failure("port-busy", `${path} is already in use by ${who}`, { hint: otherPathHint });
}

function failureFromPath(error: unknown, path: string): Failure {
  // libuv says EACCES where the system says ENOENT (its uv_pipe_bind, for compatibility).
  switch (existsSync(dirname(path)) ? systemErrorCode(error) : "ENOENT") {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new Failure("bind-denied", `this user may not make a socket at ${path}`, {
        hint: "Choose a folder that this user may write to.",
        cause: error,
      });
    case "ENOENT":
    case "ENOTDIR":
      return new Failure("bind-unavailable", `the folder ${dirname(path)} does not exist`, {
        hint: "Make the folder, or choose another path.",
        cause: error,
      });
    default:
      return new Failure("bind-unavailable", `cannot listen on ${path}: ${errorText(error)}`, { hint: otherPathHint, cause: error });
  }
}
