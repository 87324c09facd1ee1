import { createConnection } from "node:net";
import { type DbusMessage, takeMessages } from "./dbus-message.js";

export interface BusConnection {
  send(message: Buffer): void;
  /** Nothing is told any more. */
  close(): void;
}

interface BusListener {
  /** The bus has let us in: say Hello. */
  readonly onOpen: (bus: BusConnection) => void;
  readonly onMessage: (message: DbusMessage, bus: BusConnection) => void;
  /** Told once, also when there is no bus. */
  readonly onEnd: (why: string) => void;
}

/** A bus answers within milliseconds; what accepts and says nothing is none. */
const openMaxMs = 10_000;
/** The bus's answer to our log-in has fifty. */
const lineMaxBytes = 1024;

/**
 * Where the system bus is, by the value of DBUS_SYSTEM_BUS_ADDRESS: the first of its addresses that is a unix socket with a path.
 * Undefined when there is none such: other transports are not spoken here.
 */
export function busSocketPath(address = "unix:path=/run/dbus/system_bus_socket"): string | undefined {
  const pairs = address.split(";").flatMap((one) => (one.startsWith("unix:") ? one.slice("unix:".length).split(",") : []));
  const path = pairs.find((pair) => pair.startsWith("path="))?.slice("path=".length);
  try {
    return path === undefined || path === "" || path.includes("%00") ? undefined : decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Connects as this process's user. Never throws, and does not keep the process alive. */
export function connectToBus(socketPath: string, { onOpen, onMessage, onEnd }: BusListener): BusConnection {
  let arrived: Buffer = Buffer.alloc(0);
  let isOpen = false;
  let why = "the bus closed the connection";
  let isWanted = true;
  const socket = createConnection(socketPath).unref();
  const bus: BusConnection = {
    send: (message) => void socket.write(message),
    close: () => {
      isWanted = false;
      socket.destroy();
    },
  };

  /** The bus's answer to the log-in, once it is whole. Throws when it is a no. */
  const readAnswer = (): boolean => {
    const end = arrived.indexOf("\r\n");
    if (end < 0 && arrived.length <= lineMaxBytes) return false;
    const answer = arrived.toString("latin1", 0, Math.max(end, 0));
    if (!answer.startsWith("OK ")) throw new Error(`the bus does not let us in: ${answer}`);
    arrived = arrived.subarray(end + 2);
    return true;
  };
  const readMessages = (): readonly DbusMessage[] => {
    const { messages, rest } = takeMessages(arrived);
    arrived = rest;
    return messages;
  };
  /** What cannot be understood ends the connection, and nothing more. */
  const orEnd = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined);
      return undefined;
    }
  };

  socket.setTimeout(openMaxMs, () => socket.destroy(new Error("the bus says nothing")));
  socket.once("connect", () => socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid?.())).toString("hex")}\r\n`));
  socket.on("data", (chunk: Buffer) => {
    arrived = Buffer.concat([arrived, chunk]);
    if (!isOpen && orEnd(readAnswer)) {
      isOpen = true;
      socket.setTimeout(0);
      socket.write("BEGIN\r\n");
      onOpen(bus);
    }
    for (const message of (isOpen && orEnd(readMessages)) || []) if (isWanted) onMessage(message, bus);
  });
  socket.on("error", (error) => {
    why = error.message;
  });
  socket.once("close", () => {
    if (isWanted) onEnd(why);
  });
  return bus;
}
