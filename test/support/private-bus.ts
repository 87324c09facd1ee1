import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BusConnection, connectToBus } from "../../src/daemon/wake/dbus-connection.js";
import { type DbusMessage, readArguments } from "../../src/daemon/wake/dbus-message.js";
import { type DbusWriter, messageType, type WrittenFields, writeMessage, writePrepareForSleep } from "./dbus-writer.js";

export const hasDbusDaemon = spawnSync("dbus-daemon", ["--version"]).status === 0;

/** A real dbus-daemon of our own, on which everyone may own every name. */
export interface PrivateBus {
  /** As DBUS_SYSTEM_BUS_ADDRESS would say it. */
  readonly address: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  join(): Promise<BusPeer>;
  /** Stops, and removes the folder. */
  dispose(): Promise<void>;
}

/** Somebody on the bus. */
export interface BusPeer {
  own(name: string): Promise<void>;
  /** Resolves when the bus has passed the signal on. To one peer with `destination`, to all who asked for it without. */
  prepareForSleep(isAsleep: boolean, destination?: string): Promise<void>;
  /** The numbers (`:1.7`) of all who are on the bus but this one. */
  others(): Promise<string[]>;
  leave(): void;
}

export async function startPrivateBus(): Promise<PrivateBus> {
  const dir = mkdtempSync("/tmp/ct-bus-");
  const socketPath = join(dir, "socket");
  const configPath = join(dir, "bus.conf");
  writeFileSync(configPath, busConfig(socketPath));
  const peers: BusConnection[] = [];
  let daemon: ChildProcess | undefined;

  const start = async () => {
    rmSync(socketPath, { force: true });
    const child = spawn("dbus-daemon", [`--config-file=${configPath}`, "--nofork", "--print-address"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    daemon = child;
    await Promise.race([
      once(child.stdout, "data"),
      once(child, "close").then(() => Promise.reject(new Error("dbus-daemon does not start"))),
    ]);
  };
  const stop = async () => {
    for (const peer of peers.splice(0)) peer.close();
    if (daemon === undefined) return;
    const ended = once(daemon, "close");
    daemon.kill();
    daemon = undefined;
    await ended;
  };
  const joinBus = async () => {
    const { bus, peer } = await connectPeer(socketPath);
    peers.push(bus);
    return peer;
  };

  const removeDir = () => rmSync(dir, { recursive: true, force: true });
  await start().catch((error: unknown) => {
    removeDir();
    throw error;
  });
  return {
    address: `unix:path=${socketPath}`,
    start,
    stop,
    join: joinBus,
    dispose: async () => {
      await stop();
      removeDir();
    },
  };
}

async function connectPeer(socketPath: string): Promise<{ bus: BusConnection; peer: BusPeer }> {
  const waiting = new Map<number, { resolve(answer: DbusMessage): void; reject(error: Error): void }>();
  let lastSerial = 0;
  let name = "";
  const bus = await new Promise<BusConnection>((resolve, reject) => {
    connectToBus(socketPath, {
      onOpen: resolve,
      onMessage: (message) => {
        const asked = waiting.get(message.replySerial ?? 0);
        if (message.type === "return") asked?.resolve(message);
        else if (message.type === "error") asked?.reject(new Error(message.errorName));
      },
      onEnd: (why) => reject(new Error(why)),
    });
  });
  const call = (member: string, signature = "", body: (writer: DbusWriter) => void = () => {}) => {
    lastSerial += 1;
    const serial = lastSerial;
    bus.send(writeMessage({ type: messageType.call, serial, fields: toBus(member), signature, body }));
    return new Promise<DbusMessage>((resolve, reject) => waiting.set(serial, { resolve, reject }));
  };
  name = String(readArguments(await call("Hello"))[0]);
  return {
    bus,
    peer: {
      own: async (wanted) => {
        const doNotQueue = 4;
        const [answer] = readArguments(await call("RequestName", "su", (writer) => writer.text(wanted).uint32(doNotQueue)));
        if (answer !== 1) throw new Error(`${wanted} is owned by somebody else`);
      },
      prepareForSleep: async (isAsleep, destination) => {
        bus.send(writePrepareForSleep(isAsleep, destination === undefined ? {} : { destination }));
        // The bus does one thing after the other: when this is answered, the signal is on its way.
        await call("GetId");
      },
      others: async () => {
        const [names] = readArguments(await call("ListNames"));
        return (names as readonly string[]).filter((other) => other.startsWith(":") && other !== name);
      },
      leave: bus.close,
    },
  };
}

function toBus(member: string): WrittenFields {
  return [
    [1, "o", (writer) => writer.text("/org/freedesktop/DBus")],
    [3, "s", (writer) => writer.text(member)],
    [6, "s", (writer) => writer.text("org.freedesktop.DBus")],
    [2, "s", (writer) => writer.text("org.freedesktop.DBus")],
  ];
}

function busConfig(socketPath: string): string {
  return `<busconfig>
  <type>session</type>
  <listen>unix:path=${socketPath}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;
}
