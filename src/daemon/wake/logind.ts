import { type BusConnection, busSocketPath, connectToBus } from "./dbus-connection.js";
import { type DbusMessage, encodeBusCall, readArguments } from "./dbus-message.js";
import type { DbusValue } from "./dbus-value.js";

export interface LogindWatcher {
  /** The machine is about to sleep. */
  readonly onSleep: () => void;
  readonly onWake: () => void;
  /** From now on sleeps would be told. */
  readonly onHearing?: () => void;
  /** There is no bus, or it is gone, or it does not want us. Tried again from time to time where that may help. */
  readonly onDeaf?: (why: string) => void;
}

const signal = { path: "/org/freedesktop/login1", interface: "org.freedesktop.login1.Manager", member: "PrepareForSleep" };
/** Any user may broadcast such a signal: only the bus knows whether it is logind's, and tells us of no other. */
const rule = `type='signal',sender='org.freedesktop.login1',path='${signal.path}',interface='${signal.interface}',member='${signal.member}'`;
const serial = { hello: 1, addMatch: 2 };

/**
 * Listens to systemd-logind on the system bus at `address` (as in DBUS_SYSTEM_BUS_ADDRESS) for sleep and wake. Best effort: what goes
 * wrong is told to `onDeaf` and nobody else, and tried again after `retryInMs`. Returns the way to stop it.
 */
export function watchLogind(
  watcher: LogindWatcher,
  address = process.env.DBUS_SYSTEM_BUS_ADDRESS,
  { retryInMs = 60_000 }: { readonly retryInMs?: number } = {},
): () => void {
  const socketPath = busSocketPath(address);
  if (socketPath === undefined) {
    watcher.onDeaf?.(`no unix socket in the address of the bus: ${address}`);
    return () => {};
  }
  let bus: BusConnection;
  let retryTimer: NodeJS.Timeout | undefined;
  const goDeaf = (why: string) => {
    retryTimer = setTimeout(listen, retryInMs).unref();
    watcher.onDeaf?.(why);
  };
  const listen = () => {
    bus = connectToBus(socketPath, {
      onOpen: ({ send }) => {
        send(encodeBusCall(serial.hello, "Hello"));
        send(encodeBusCall(serial.addMatch, "AddMatch", rule));
      },
      onMessage: (message, { close }) => {
        if (isRefusal(message)) {
          close();
          goDeaf(message.errorName ?? "the bus refuses");
        } else if (isMatchAdded(message)) watcher.onHearing?.();
        else if (isPrepareForSleep(message)) tell(message, watcher);
      },
      onEnd: goDeaf,
    });
  };
  listen();
  return () => {
    clearTimeout(retryTimer);
    bus.close();
  };
}

/** Of the bus itself: others may send us errors as well. */
function isRefusal({ type, sender }: DbusMessage): boolean {
  return type === "error" && sender === "org.freedesktop.DBus";
}

function isMatchAdded({ type, sender, replySerial }: DbusMessage): boolean {
  return type === "return" && sender === "org.freedesktop.DBus" && replySerial === serial.addMatch;
}

/** With a destination it was sent to us alone; for that the bus asks no rule, and whoever knows our number may do it. */
function isPrepareForSleep(message: DbusMessage): boolean {
  return (
    message.type === "signal" &&
    message.destination === undefined &&
    message.path === signal.path &&
    message.interface === signal.interface &&
    message.member === signal.member &&
    message.signature === "b"
  );
}

function tell(message: DbusMessage, { onSleep, onWake }: LogindWatcher): void {
  let args: readonly DbusValue[];
  try {
    args = readArguments(message);
  } catch {
    return;
  }
  if (args[0] === true) onSleep();
  else onWake();
}
