import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { isRequired } from "../support/required.js";
import { freePort } from "../support/sshd.js";
import { startTcpService } from "../support/tcp-service.js";
import { sshdKind } from "../support/test-sshd.js";
import {
  isVerified,
  knownHostsWords,
  loginWords,
  makeHome,
  makeScene,
  makeService,
  makeSshd,
  makeStrangersKey,
  targetOf,
  tunnels,
  untilTunnel,
  wordsFor,
} from "./scene.js";

it("waits for a server that refuses the connection", async () => {
  const { home, sshd, words } = await makeScene();
  await sshd.stop();

  const up = await home.run("up", ...words, "--wait", "1");

  expect(up.code).toBe(4);
  const [tunnel] = await tunnels(home);
  expect(tunnel?.phase).toMatch(/^(waiting|connecting)$/);
  await untilTunnel(home, tunnel?.name ?? "", ({ failure }) => failure?.code === "connection-refused");
});

it("waits for a host name that nobody knows", async () => {
  const { home, sshd } = await makeScene();

  const up = await home.run("up", "me@nowhere.invalid", "-L", `${await freePort()}:127.0.0.1:1`, ...loginWords(sshd), "--wait", "2");

  expect(up.code).toBe(4);
  const tunnel = await untilTunnel(home, "nowhere.invalid", ({ failure }) => failure?.code === "host-unresolved");
  expect(tunnel.failure?.message).toContain("nowhere.invalid");
});

it("waits for something that accepts the connection and never speaks", async () => {
  const { home, sshd } = await makeScene();
  const mute = await startTcpService();
  onTestFinished(mute.close);

  const target = `me@127.0.0.1:${mute.port}`;
  const words = ["-L", `${await freePort()}:127.0.0.1:1`, ...loginWords(sshd), "-o", "ConnectTimeout=1"];
  const up = await home.run("up", target, ...words, "--name", "mute", "--wait", "2");

  expect(up.code).toBe(4);
  const tunnel = await untilTunnel(home, "mute", ({ phase }) => phase === "waiting");
  expect(tunnel).toMatchObject({ failure: { code: "handshake-timeout", recovery: "retry" } });
  expect(tunnel.failure?.message).toContain("1000 ms");
});

it("says when what answers is not SSH", async () => {
  const { home, sshd, service } = await makeScene();

  const words = ["-L", `${await freePort()}:127.0.0.1:1`, ...loginWords(sshd), "--name", "web", "--wait", "1"];
  const up = await home.run("up", `me@127.0.0.1:${service.port}`, ...words);

  expect(up.code).toBe(4);
  expect(await untilTunnel(home, "web", ({ phase }) => phase === "waiting")).toMatchObject({
    failure: { code: "not-ssh", recovery: "retry" },
  });
});

it("knocks once with a key that is refused, and then keeps quiet", async () => {
  const { home, sshd, service } = await makeScene();
  const gate = await startGate(sshd.port);
  const hosts = join(home.userDir, "known_hosts");
  writeFileSync(hosts, `[127.0.0.1]:${gate.port} ${sshd.hostKeyPublic}\n`);

  const words = ["-L", `${await freePort()}:127.0.0.1:${service.port}`, "-i", makeStrangersKey(home), ...knownHostsWords(hosts)];
  const up = await home.run("up", `${sshd.user}@127.0.0.1:${gate.port}`, ...words, "--name", "locked-out");

  expect(up.code).toBe(5);
  expect(up.stdout).toContain("held");
  expect(up.stdout).toContain("strangers_key");
  // Another tunnel of the same daemon lives through two reconnects meanwhile.
  await home.run("up", ...wordsFor(sshd, await freePort(), service.port), "--name", "other");
  for (const count of [1, 2]) {
    await sshd.killSessions();
    await untilTunnel(home, "other", (tunnel) => tunnel.reconnects === count && isVerified(tunnel));
  }
  expect((await tunnels(home)).find(({ name }) => name === "locked-out")).toMatchObject({
    phase: "held",
    nextRetryAt: null,
    failure: { code: "auth-rejected", recovery: "needs-user" },
  });
  expect((await home.run("status")).code).toBe(5);
  expect(gate.passed()).toBe(1);
  if (sshdKind() === "openssh") expect(sshd.log().match(/ authenticating user .* \[preauth\]/g)).toHaveLength(1);

  expect((await home.run("up", "locked-out")).code).toBe(5);
  expect(gate.passed()).toBe(2);
});

it("holds an encrypted key that neither an agent nor anybody else has opened", async () => {
  const { home, sshd } = await makeScene();
  const key = join(home.userDir, "locked_key");
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem", cipher: "aes-128-cbc", passphrase: "secret" },
  });
  writeFileSync(key, privateKey, { mode: 0o600 });

  const words = ["-L", `${await freePort()}:127.0.0.1:1`, "-i", key, ...knownHostsWords(sshd.knownHostsPath)];
  const up = await home.run("up", targetOf(sshd), ...words, "--name", "web");

  expect(up.code).toBe(5);
  expect(up.stdout).toContain(`ssh-add ${key}`);
  expect(await tunnels(home)).toMatchObject([{ phase: "held", failure: { code: "identity-locked" } }]);
});

it.each([
  ["does not exist", undefined],
  ["holds something else", "hello\n"],
])("holds a key file that %s", async (_why, contents) => {
  const { home, sshd } = await makeScene();
  const key = join(home.userDir, "key");
  if (contents !== undefined) writeFileSync(key, contents);

  const up = await home.run("up", targetOf(sshd), "-L", `${await freePort()}:127.0.0.1:1`, "-i", key, "--name", "web");

  expect(up.code).toBe(5);
  expect(up.stdout).toContain(key);
  expect(await tunnels(home)).toMatchObject([{ phase: "held", failure: { code: "identity-unreadable" } }]);
});

it("says what to do when there is neither an agent nor a key", async () => {
  const { home, sshd } = await makeScene();

  const words = ["-L", `${await freePort()}:127.0.0.1:1`, ...knownHostsWords(sshd.knownHostsPath), "--name", "web"];
  const up = await home.run("up", targetOf(sshd), ...words);

  expect(up.code).toBe(5);
  expect(up.stdout).toContain("no SSH agent was found");
  expect(up.stdout).toContain("-i");
  expect(await tunnels(home)).toMatchObject([{ phase: "held", failure: { code: "no-credentials" } }]);
});

it("says which folder it cannot use", async () => {
  const file = join(makeHome().userDir, "file");
  writeFileSync(file, "");
  const home = makeHome({ CLAWTUNNEL_HOME: join(file, "home") });

  const up = await home.run("up", "me@127.0.0.1:1", "-L", `${await freePort()}:127.0.0.1:1`);

  expect(up).toMatchObject({ code: 1, stdout: "" });
  expect(up.stderr).toContain("[folder-unusable]");
  expect(up.stderr).toContain(file);
});

it("says when the control socket's path is longer than the system takes", async () => {
  const home = makeHome({ CLAWTUNNEL_HOME: `/tmp/${"a".repeat(120)}` });

  const up = await home.run("up", "me@127.0.0.1:1", "-L", `${await freePort()}:127.0.0.1:1`);

  expect(up).toMatchObject({ code: 1, stdout: "" });
  expect(up.stderr).toContain("[socket-path-too-long]");
  expect(up.stderr).toContain("CLAWTUNNEL_HOME");
});

it.skipIf(sshdKind() !== "openssh")("holds when the server does not allow the forward (needs OpenSSH's sshd)", async () => {
  const [home, sshd, service] = [makeHome(), await makeSshd({ extraConfig: ["AllowTcpForwarding no"] }), await makeService()];

  const up = await home.run("up", ...wordsFor(sshd, await freePort(), service.port), "--name", "web");

  expect(up.code).toBe(5);
  expect(await tunnels(home)).toMatchObject([{ phase: "held", failure: { code: "forwarding-prohibited" } }]);
});

it("runs against OpenSSH's own sshd where CLAWTUNNEL_TEST_REQUIRE asks for it", ({ skip }) => {
  skip(
    !isRequired("sshd") && sshdKind() !== "openssh",
    "no sshd here: the embedded server stood in, and what sshd_config can forbid was left out",
  );
  expect(sshdKind()).toBe("openssh");
});

/** A door in front of a server that counts who comes through. */
async function startGate(toPort: number): Promise<{ port: number; passed(): number }> {
  let passed = 0;
  const server = createServer((client) => {
    passed += 1;
    const inside = connect(toPort, "127.0.0.1");
    client.on("error", () => inside.destroy()).pipe(inside);
    inside.on("error", () => client.destroy()).pipe(client);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { port, passed: () => passed };
}
