import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { writeConfig } from "../faults/scene.js";
import { hasProc, openFiles, settledFiles } from "../support/resources.js";
import { childrenOf } from "../support/ssh-processes.js";
import { engines, fetchText, isVerified, makeScene, untilTunnel } from "./scene.js";

const connections = 200;
const reconnects = 20;

describe.runIf(hasProc).each(engines)("a daemon with a tunnel by %s", (engine) => {
  it(`has as many open files and child processes after ${connections} connections and ${reconnects} reconnects as before`, async () => {
    const { home, sshd, port, words } = await makeScene(engine);
    writeConfig(home, { defaults: { backoff: { firstDelayMs: 10, maxDelayMs: 20, steadyAfterMs: 1 } }, tunnels: {} });
    expect((await home.run("up", ...words, "--name", "web")).code).toBe(0);
    const pid = home.daemonPid() ?? 0;
    const lose = async (count: number) => {
      expect(await sshd.killSessions()).toBe(1);
      await untilTunnel(home, "web", (tunnel) => tunnel.reconnects === count && isVerified(tunnel));
    };
    // What is loaded or begun only once is so after the first loss.
    await lose(1);
    expect(await fetchText(port)).toBe("ok\n");
    const before = { files: await settledFiles(pid), children: childrenOf(pid).length };
    expect(before.children).toBe(engine === "openssh" ? 1 : 0);

    for (let count = 2; count <= reconnects + 1; count += 1) {
      const answers = await Promise.all(Array.from({ length: connections / reconnects }, () => fetchText(port)));
      expect(new Set(answers)).toEqual(new Set(["ok\n"]));
      await lose(count);
    }

    await expect.poll(() => ({ files: openFiles(pid), children: childrenOf(pid).length }), { timeout: 15_000 }).toEqual(before);
    expect(readFileSync(home.paths.logFile, "utf8")).not.toContain("MaxListenersExceeded");
  });
});
