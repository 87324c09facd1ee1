import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generateEd25519Key } from "../../src/ssh/keys/generate-key.js";
import { engines, engineWords, fetchText, isVerified, knownHostsWords, makeScene, targetOf, untilTunnel } from "./scene.js";

describe.each(engines)("a held tunnel by %s", (engine) => {
  it("opens by itself when the right key has taken the wrong one's place", async () => {
    const { home, sshd, service, port } = await makeScene(engine);
    const key = join(sshd.dir, "changing-key");
    writeFileSync(key, generateEd25519Key().private, { mode: 0o600 });
    const forward = `${port}:127.0.0.1:${service.port}`;

    const up = await home.run(
      "up",
      targetOf(sshd),
      "-L",
      forward,
      "-i",
      key,
      ...knownHostsWords(sshd.knownHostsPath),
      ...engineWords(engine),
      "--name",
      "web",
    );
    expect(up.code).toBe(5);

    copyFileSync(sshd.clientKeyPath, key);
    await untilTunnel(home, "web", isVerified);
    expect(await fetchText(port)).toBe("ok\n");
  });

  it("opens by itself when the host key was added to known_hosts by other means", async () => {
    const { home, sshd, service, port } = await makeScene(engine);
    const knownHosts = join(sshd.dir, "empty-known-hosts");
    writeFileSync(knownHosts, "");
    const words = [
      "-L",
      `${port}:127.0.0.1:${service.port}`,
      "-i",
      sshd.clientKeyPath,
      ...knownHostsWords(knownHosts),
      ...engineWords(engine),
    ];

    expect((await home.run("up", targetOf(sshd), ...words, "--name", "web")).code).toBe(5);

    appendFileSync(knownHosts, readFileSync(sshd.knownHostsPath));
    await untilTunnel(home, "web", isVerified);
  });

  it("opens by itself when the program that held its port has ended", async () => {
    const { home, port, words } = await makeScene(engine);
    const program = `require("node:net").createServer().listen(${port}, "127.0.0.1", () => console.log("listening"))`;
    const squatter = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    await once(squatter.stdout, "data");

    const up = await home.run("up", ...words, "--name", "web");
    expect(up.code).toBe(5);
    expect(up.stdout).toContain(`pid ${squatter.pid}`);

    squatter.kill();
    await untilTunnel(home, "web", isVerified);
  });
});
