import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { watchLogind } from "../../src/daemon/wake/logind.js";
import { Cleanups } from "../support/cleanups.js";
import { writePrepareForSleep } from "../support/dbus-writer.js";
import { type BusPeer, hasDbusDaemon, type PrivateBus, startPrivateBus } from "../support/private-bus.js";
import { isRequired } from "../support/required.js";
import { until } from "../support/until.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

/** What the watcher was told, in order: `hearing`, `sleep`, `wake`, `deaf: why`. */
function watch(address: string, retryInMs = 20): { readonly told: string[]; stop(): void } {
  const told: string[] = [];
  const stop = watchLogind(
    {
      onSleep: () => told.push("sleep"),
      onWake: () => told.push("wake"),
      onHearing: () => told.push("hearing"),
      onDeaf: (why) => told.push(`deaf: ${why}`),
    },
    address,
    { retryInMs },
  );
  cleanups.add(stop);
  return { told, stop };
}

/** A bus, a watcher that hears it, and a peer that is systemd-logind there. */
async function makeScene(): Promise<{ bus: PrivateBus; told: string[]; stop(): void; logind: BusPeer }> {
  const bus = await startPrivateBus();
  cleanups.add(bus.dispose);
  const { told, stop } = watch(bus.address);
  await until(() => told.includes("hearing"));
  return { bus, told, stop, logind: await joinAsLogind(bus) };
}

async function joinAsLogind(bus: PrivateBus): Promise<BusPeer> {
  const peer = await bus.join();
  await peer.own("org.freedesktop.login1");
  return peer;
}

describe.skipIf(!hasDbusDaemon && !isRequired("dbus"))("on a real bus (needs dbus-daemon)", () => {
  it("hears that the machine sleeps, and that it wakes", async () => {
    const { told, logind } = await makeScene();

    await logind.prepareForSleep(true);
    await logind.prepareForSleep(false);

    await until(() => told.length === 3);
    expect(told).toEqual(["hearing", "sleep", "wake"]);
  });

  it("does not believe a stranger who broadcasts the same, or sends it to everyone by number", async () => {
    const { bus, told, logind } = await makeScene();
    const stranger = await bus.join();

    await stranger.prepareForSleep(true);
    const others = await stranger.others();
    expect(others).toHaveLength(2);
    for (const other of others) await stranger.prepareForSleep(true, other);
    // What comes first is delivered first: had any of that been believed, it would stand before this.
    await logind.prepareForSleep(false);

    await until(() => told.includes("wake"));
    expect(told).toEqual(["hearing", "wake"]);
  });

  it("hears logind again when the bus was gone and is back", async () => {
    const { bus, told } = await makeScene();
    await bus.stop();
    await until(() => told.length > 3);
    expect(told.slice(1).every((word) => word.startsWith("deaf: "))).toBe(true);

    await bus.start();
    await until(() => told.at(-1) === "hearing");
    const logind = await joinAsLogind(bus);
    await logind.prepareForSleep(false);

    await until(() => told.at(-1) === "wake");
  });

  it("hears logind that is started later than itself, and again when it was restarted", async () => {
    const bus = await startPrivateBus();
    cleanups.add(bus.dispose);
    const { told } = watch(bus.address);
    await until(() => told.includes("hearing"));

    for (const wakes of [1, 2]) {
      const logind = await joinAsLogind(bus);
      await logind.prepareForSleep(false);
      await until(() => told.filter((word) => word === "wake").length === wakes);
      logind.leave();
    }
  });

  it("leaves the bus when it is stopped", async () => {
    const { stop, logind } = await makeScene();
    expect(await logind.others()).toHaveLength(1);

    stop();

    await until(async () => (await logind.others()).length === 0);
  });

  it("keeps no process alive that has nothing else to do", async () => {
    const { bus } = await makeScene();
    const module = fileURLToPath(new URL("../../build/testable/logind.js", import.meta.url));
    const script = `
      import { watchLogind } from ${JSON.stringify(module)};
      const busy = setInterval(() => {}, 1_000);
      watchLogind({ onSleep() {}, onWake() {}, onHearing() { console.log("hearing"); clearInterval(busy); } });
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      env: { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: bus.address },
      timeout: 20_000,
    });
    expect(stdout).toBe("hearing\n");
  });
});

describe("on a bus that is none", () => {
  /** `answer` is what a log-in is met with. */
  async function makeFakeBus(answer: (socket: Socket, said: string) => void): Promise<string> {
    const path = join(cleanups.folder(), "bus");
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {}).on("data", (said) => answer(socket, said.toString("latin1")));
    });
    server.listen(path);
    await once(server, "listening");
    cleanups.add(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return `unix:path=${path}`;
  }
  const welcome = "OK 1959bace4fd710a7ce1a997d6b018555\r\n";
  /** Lets us in, and then says `bytes`. */
  const afterWelcome = (bytes: Buffer | string) => (socket: Socket, said: string) =>
    void (said.includes("AUTH") ? socket.write(welcome) : socket.write(bytes));

  it.each<[what: string, answer: (socket: Socket, said: string) => void, why: RegExp]>([
    ["hangs up", (socket) => socket.end(), /closed/],
    ["does not let us in", (socket) => socket.write("REJECTED EXTERNAL\r\n"), /REJECTED EXTERNAL/],
    ["answers with a line without an end", (socket) => socket.write("O".repeat(5_000)), /does not let us in/],
    ["speaks another protocol", (socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"), /400 Bad Request/],
    ["sends garbage", afterWelcome("this is no D-Bus message, not at all"), /byte order/],
    ["sends more than anyone wants", afterWelcome(Buffer.from("6c040001ffffff0f0100000008000000", "hex")), /bytes/],
    [
      "hangs up within a message",
      (socket, said) => void (said.includes("AUTH") ? socket.write(welcome) : socket.end(writePrepareForSleep(true).subarray(0, 50))),
      /closed/,
    ],
  ])("is quiet when it %s, and tries again", async (_what, answer, why) => {
    const { told } = watch(await makeFakeBus(answer));
    await until(() => told.length >= 2);
    for (const word of told) expect(word).toMatch(why);
  });

  it("logs in as this user, and says nothing before it is let in", async () => {
    const said: string[] = [];
    watch(
      await makeFakeBus((socket, words) => {
        said.push(words);
        if (said.length === 1) socket.write(welcome.slice(0, 10), () => setImmediate(() => socket.write(welcome.slice(10))));
      }),
    );
    await until(() => said.join("").includes("AddMatch"));
    expect(said[0]).toBe(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid?.())).toString("hex")}\r\n`);
    expect(said[1]?.startsWith("BEGIN\r\n")).toBe(true);
    expect(said.join("")).toContain("sender='org.freedesktop.login1'");
  });

  it.each([
    ["nobody listens", "unix:path=/nonexistent/bus", /ENOENT/],
    ["the path is longer than the system takes", `unix:path=/tmp/${"a".repeat(200)}`, /./],
  ])("is quiet when %s, and tries again", async (_what, address, why) => {
    const { told } = watch(address);
    await until(() => told.length >= 2);
    for (const word of told) expect(word).toMatch(why);
  });

  it("does not try at all what it cannot speak", () => {
    const { told } = watch("tcp:host=127.0.0.1,port=1");
    expect(told).toEqual([expect.stringContaining("no unix socket")]);
  });
});
