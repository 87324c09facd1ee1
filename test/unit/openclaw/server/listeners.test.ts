import { describe, expect, it } from "vitest";
import { lookAtListeners, readListeners } from "../../../../src/openclaw/server/listeners.js";
import type { RemoteHost } from "../../../../src/ssh/session.js";

const ports = [18789, 18790];
const signal = new AbortController().signal;
const answering = (exitCode: number, stdout: string, stderr = ""): RemoteHost => ({ exec: async () => ({ exitCode, stdout, stderr }) });
const between = (text: string) => `welcome to the server\nclawtunnel 42 begin\n${text}\nclawtunnel 42 end\n`;

describe("what listens on the server", () => {
  it("is told with the process that has it, without the secrets of its command line", () => {
    const text = [
      "t ss",
      '| LISTEN 0 511 *:18789 *:* users:(("node",pid=4711,fd=21))',
      "| LISTEN 0 511 127.0.0.1:22 0.0.0.0:*",
      "p 4711 me node\u001f/opt/openclaw.mjs\u001fgateway\u001f--token\u001fhunter2\u001f--bind\u001flan\u001f",
    ].join("\n");
    expect(readListeners(text, ports)).toEqual({
      by: "ss",
      listeners: [
        {
          host: "*",
          port: 18789,
          pid: 4711,
          command: "node /opt/openclaw.mjs gateway --token *** --bind lan",
          user: "me",
          evidence: 'LISTEN 0 511 *:18789 *:* users:(("node",pid=4711,fd=21))',
        },
      ],
    });
  });

  it("has no process where the account may not see it", () => {
    const { listeners } = readListeners("t ss\n| LISTEN 0 511 0.0.0.0:18789 0.0.0.0:*", ports);
    expect(listeners[0]).toMatchObject({ host: "0.0.0.0", pid: null, command: null, user: null });
  });

  it("is found in the kernel's table by the socket's inode", () => {
    const line =
      "   0: 00000000:4965 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 555 1 000000009b437883 100 0 0 10 0";
    const { by, listeners } = readListeners(`t proc\n| ${line}\ni 555 4711\np 4711 me openclaw-gateway\u001f\u001f`, ports);
    expect(by).toBe("proc");
    expect(listeners[0]).toMatchObject({ host: "0.0.0.0", port: 18789, pid: 4711, command: "openclaw-gateway", user: "me" });
  });

  it("is told by netstat on macOS, and whose it is by lsof", () => {
    const text = [
      "t netstat",
      "| tcp4 0 0 127.0.0.1.18789 *.* LISTEN",
      "| tcp46 0 0 *.18790 *.* LISTEN",
      "o node 4711 me 21u IPv4 0x12 0t0 TCP 127.0.0.1:18789 (LISTEN)",
      "p 4711 me node /usr/local/bin/openclaw gateway run",
    ].join("\n");
    expect(readListeners(text, ports).listeners).toMatchObject([
      { host: "127.0.0.1", port: 18789, pid: 4711, command: "node /usr/local/bin/openclaw gateway run", user: "me" },
      { host: "*", port: 18790, pid: null },
    ]);
  });

  it("is nothing when the tool that can tell shows nothing", async () => {
    expect(await lookAtListeners(answering(0, between("t ss")), ports, signal)).toEqual({ by: "ss", listeners: [] });
  });

  it("is not known where no tool could tell", async () => {
    await expect(lookAtListeners(answering(0, between("")), ports, signal)).rejects.toMatchObject({ code: "exec-failed" });
  });

  it("is not known where a forced command ran instead, though it succeeded", async () => {
    await expect(lookAtListeners(answering(0, "t ss\n"), ports, signal)).rejects.toMatchObject({ code: "exec-refused" });
  });

  it("is not known where the forced command repeats what it reads", async () => {
    const cat: RemoteHost = { exec: async (_command, { input = "" }) => ({ exitCode: 0, stdout: input, stderr: "" }) };
    await expect(lookAtListeners(cat, ports, signal)).rejects.toMatchObject({ code: "exec-refused" });
  });

  it("is not known when the shell broke off", async () => {
    const broken = answering(137, "clawtunnel 42 begin\nt ss\n", "Killed");
    await expect(lookAtListeners(broken, ports, signal)).rejects.toMatchObject({
      code: "exec-failed",
      message: expect.stringContaining("Killed"),
    });
  });
});
