import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { LocalSocket } from "../../src/forward/place/local-socket.js";
import { Cleanups } from "../support/cleanups.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

describe.skipIf(process.platform === "win32")("the unix socket of a forward", () => {
  it("is there while it is open, for this user alone, and gone when it is closed", async () => {
    const { socket, path } = makeSocket();
    const umask = process.umask(0o077);
    await socket.open();
    process.umask(umask);
    expect(lstatSync(path).mode & 0o077).toBe(0);
    expect(socket.place?.bind).toEqual({ path });
    expect(await greetingAt(path)).toBe("ours");
    socket.close();
    expect([existsSync(path), socket.place]).toEqual([false, undefined]);
  });

  it("takes the place of one that a program left behind when it was killed", async () => {
    const { socket, path } = makeSocket();
    const left = await listenInChild(path);
    left.kill("SIGKILL");
    await once(left, "exit");
    expect(existsSync(path)).toBe(true);
    await socket.open();
    expect(await greetingAt(path)).toBe("ours");
  });

  it("is port-busy where somebody listens, who is named and left alone; and is had as soon as they leave", async () => {
    const { socket, path } = makeSocket();
    const other = await listenInChild(path);
    await expect(socket.open()).rejects.toMatchObject({ code: "port-busy", message: expect.stringContaining(path) });
    if (process.platform === "linux") await expect(socket.open()).rejects.toThrow(`pid ${other.pid} (`);
    expect(await socket.openIfFree()).toBe(false);
    expect(await greetingAt(path)).toBe("theirs");
    other.stdin?.end();
    await once(other, "exit");
    expect(await socket.openIfFree()).toBe(true);
    expect(await greetingAt(path)).toBe("ours");
  });

  it("never replaces what is no socket", async () => {
    const { socket, path } = makeSocket();
    writeFileSync(path, "precious");
    await expect(socket.open()).rejects.toMatchObject({ code: "bind-unavailable", message: expect.stringContaining("no socket") });
    expect(readFileSync(path, "utf8")).toBe("precious");
  });

  it("is bind-unavailable in a folder that does not exist, which is named", async () => {
    const folder = join(cleanups.folder(), "nowhere");
    const socket = new LocalSocket({ path: join(folder, "a.sock") }, () => {});
    await expect(socket.open()).rejects.toMatchObject({ code: "bind-unavailable", message: `the folder ${folder} does not exist` });
  });

  it("is held once when it is opened twice, and not at all when it is closed while it opens", async () => {
    const { socket, path } = makeSocket();
    await Promise.all([socket.open(), socket.open()]);
    socket.close();
    const opening = socket.open();
    socket.close();
    await opening;
    expect([existsSync(path), socket.place]).toEqual([false, undefined]);
  });

  it("is taken by one of two that find the same deserted one, and the other says that it is busy", async () => {
    const { socket, path } = makeSocket();
    const left = await listenInChild(path);
    left.kill("SIGKILL");
    await once(left, "exit");
    const rival = new LocalSocket({ path }, (client) => client.end("rival"));
    cleanups.add(() => rival.close());
    const outcomes = await Promise.allSettled([socket.open(), rival.open()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(["ours", "rival"]).toContain(await greetingAt(path));
  });
});

function makeSocket(): { socket: LocalSocket; path: string } {
  const path = join(cleanups.folder(), "a.sock");
  const socket = new LocalSocket({ path }, (client: Socket) => client.end("ours"));
  cleanups.add(() => socket.close());
  return { socket, path };
}

async function greetingAt(path: string): Promise<string> {
  let text = "";
  for await (const part of connect({ path })) text += String(part);
  return text;
}

async function listenInChild(path: string): Promise<ChildProcess> {
  const script = `
    require("node:net").createServer((socket) => socket.end("theirs")).listen(process.argv[1], () => console.log("listening"));
    process.stdin.on("end", () => process.exit()).resume();
  `;
  const child = spawn(process.execPath, ["-e", script, path], { stdio: ["pipe", "pipe", "inherit"] });
  cleanups.add(() => void child.kill("SIGKILL"));
  await once(createInterface({ input: child.stdout }), "line");
  return child;
}
