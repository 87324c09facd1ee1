import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { networkInterfaces, userInfo } from "node:os";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { findPortOwner } from "../../src/forward/port-owner/port-owner.js";
import { listenersFromLsof } from "../../src/forward/port-owner/port-owner-command.js";

const isLinux = process.platform === "linux";
const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === "::1"));
const listenScript = `
  const server = require("node:net").createServer();
  server.listen(0, process.argv[1], () => console.log(server.address().port));
  process.stdin.on("end", () => process.exit()).resume();
`;

const children: ChildProcess[] = [];

afterEach(async () => {
  await Promise.all(children.splice(0).map(end));
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.stdin?.end();
  await exited;
}

async function listenInChild(host: string, ...args: string[]): Promise<{ child: ChildProcess; pid: number; port: number }> {
  const child = spawn(process.execPath, ["-e", listenScript, host, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  return { child, pid: child.pid ?? 0, port: Number(line) };
}

describe("the owner of a port", () => {
  it("is the process that listens there", async () => {
    const { pid, port } = await listenInChild("127.0.0.1");
    expect(await findPortOwner(port, "127.0.0.1")).toMatchObject({ pid, kind: "other", command: expect.stringContaining("node") });
  });

  it("is none once it has ended", async () => {
    const { child, port } = await listenInChild("127.0.0.1");
    await end(child);
    expect(await findPortOwner(port, "127.0.0.1")).toBeUndefined();
  });

  it("may listen on every address", async () => {
    const { pid, port } = await listenInChild("0.0.0.0");
    expect((await findPortOwner(port, "127.0.0.1"))?.pid).toBe(pid);
    expect(await findPortOwner(port, "::1")).toBeUndefined();
  });

  it.skipIf(!hasIpv6)("on ::1 leaves the same port on 127.0.0.1 alone", async () => {
    const { pid, port } = await listenInChild("::1");
    expect((await findPortOwner(port, "::1"))?.pid).toBe(pid);
    expect(await findPortOwner(port, "127.0.0.1")).toBeUndefined();
  });

  it.skipIf(!hasIpv6)("on :: holds 127.0.0.1 too", async () => {
    const { pid, port } = await listenInChild("::");
    expect((await findPortOwner(port, "127.0.0.1"))?.pid).toBe(pid);
  });

  it("is unknown, and no error, for a host that is no address", async () => {
    expect(await findPortOwner(1, "no such host.invalid")).toBeUndefined();
  });

  it.skipIf(!isLinux)("has the name of the user who runs it", async () => {
    const { port } = await listenInChild("127.0.0.1");
    expect((await findPortOwner(port, "127.0.0.1"))?.user).toBe(userInfo().username);
  });

  it.skipIf(!isLinux)("is known by its arguments", async () => {
    const { port } = await listenInChild("127.0.0.1", "openclaw", "gateway", "--token", "s3cret");
    const owner = await findPortOwner(port, "127.0.0.1");
    expect(owner?.kind).toBe("openclaw");
    expect(JSON.stringify(owner)).not.toContain("s3cret");
  });
});

describe.skipIf(process.platform === "win32")("lsof, where it is installed", () => {
  it("names the same process", async () => {
    const { pid, port } = await listenInChild("127.0.0.1", "openclaw");
    for (const listener of await listenersFromLsof(port)) {
      expect(listener.address).toBe("127.0.0.1");
      expect(await listener.findProcess()).toMatchObject({ pid, argv: expect.arrayContaining(["openclaw"]) });
    }
  });
});
