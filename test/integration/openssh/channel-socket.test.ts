import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { watchReads } from "../../../src/ssh/openssh/channel-socket.js";
import { Scene } from "./scene.js";

const scene = new Scene();
afterEach(scene.cleanups.run);

/** A socket whose other side says `half` and ends. */
async function socketThatEnds(isAlive: () => Promise<boolean>): Promise<Socket> {
  const unixSocket = join(scene.cleanups.folder(), "s");
  await scene.service((socket) => void socket.end("half"), { unixSocket });
  const socket = connect({ path: unixSocket, allowHalfOpen: true });
  watchReads(socket, { isAlive, onRead: () => {} });
  return socket;
}

describe.skipIf(process.platform === "win32")("the end of a channel's socket", () => {
  it("is the end of the stream when ssh still runs", async () => {
    expect((await buffer(await socketThatEnds(async () => true))).toString()).toBe("half");
  });

  it("is no end when ssh has died, and what the session then says of it is the error", async () => {
    const socket = await socketThatEnds(async () => {
      // After every turn in which the end could have been passed on.
      setImmediate(() => setImmediate(() => socket.destroy(new Error("the session is gone"))));
      return false;
    });
    await expect(buffer(socket)).rejects.toThrow("the session is gone");
  });
});
