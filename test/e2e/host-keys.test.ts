import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hasTerminal } from "../support/clawtunnel.js";
import { freePort } from "../support/sshd.js";
import type { TestSshd } from "../support/test-sshd.js";
import { until } from "../support/until.js";
import {
  fetchText,
  isVerified,
  knownHostsWords,
  makeHome,
  makeOpenScene,
  makeService,
  makeSshd,
  targetOf,
  tunnels,
  untilTunnel,
} from "./scene.js";

it("holds before a server it does not know, shows nothing of itself, and names the way on", async () => {
  const { home, sshd, words, knownHosts } = await makeStrangerScene();

  const up = await home.run("up", ...words);

  expect(up.code).toBe(5);
  expect(up.stdout).toContain("held");
  expect(up.stdout).toContain(fingerprintOf(sshd));
  expect(up.stdout).toContain("`clawtunnel trust web`");
  expect(await tunnels(home)).toMatchObject([
    { phase: "held", failure: { code: "host-key-unknown", recovery: "needs-user" }, prompt: { fingerprint: fingerprintOf(sshd) } },
  ]);
  expect((await home.run("status")).code).toBe(5);
  expect((await home.run("wait")).code).toBe(5);
  expect(existsSync(knownHosts)).toBe(false);
});

it("does not accept a host key where nobody was asked", async () => {
  const { home, sshd, words, knownHosts } = await makeStrangerScene();
  await home.run("up", ...words);

  const trust = await home.run("trust", "web");

  expect(trust).toMatchObject({ code: 2, stdout: "" });
  expect(trust.stderr).toContain(`ED25519 key fingerprint is ${fingerprintOf(sshd)}.`);
  expect(trust.stderr).toContain("--fingerprint");
  expect(existsSync(knownHosts)).toBe(false);
  expect(await tunnels(home)).toMatchObject([{ phase: "held" }]);
});

it("accepts the host key whose fingerprint was given, writes it down as ssh does, and opens the tunnel", async () => {
  const { home, sshd, words, knownHosts, port } = await makeStrangerScene();
  await home.run("up", ...words);

  const trust = await home.run("trust", "web", "--fingerprint", fingerprintOf(sshd));

  expect(trust.code, trust.stderr).toBe(0);
  expect(trust.stdout).toContain("verified");
  expect(trust.stderr).toContain(knownHosts);
  // Debian's ssh_config has HashKnownHosts yes.
  const written = readFileSync(knownHosts, "utf8");
  expect(written.replace(/^\|1\|[^ ]+/, `[127.0.0.1]:${sshd.port}`)).toBe(`[127.0.0.1]:${sshd.port} ${sshd.hostKeyPublic}\n`);
  expect(statSync(knownHosts).mode & 0o777).toBe(0o600);
  expect(await fetchText(port)).toBe("ok\n");
  expect((await home.run("trust", "web")).stderr).toContain("asks for no host key");
});

it("refuses a fingerprint that is not the server's", async () => {
  const { home, sshd, words, knownHosts } = await makeStrangerScene();
  await home.run("up", ...words);
  const wrong = `SHA256:${createHash("sha256").update("another key").digest("base64").replace(/=+$/, "")}`;

  const trust = await home.run("trust", "web", "--fingerprint", wrong);

  expect(trust).toMatchObject({ code: 1, stdout: "" });
  expect(trust.stderr).toContain(`the server shows ${fingerprintOf(sshd)}, not ${wrong}`);
  expect(existsSync(knownHosts)).toBe(false);
  expect(await tunnels(home)).toMatchObject([{ phase: "held" }]);
});

it("makes the folder of known_hosts when there is none, for its owner alone", async () => {
  const { home, sshd, port, servicePort } = await makeStrangerScene();
  // Not ~/.ssh: ssh looks up the home of this very user, whatever HOME says.
  const knownHosts = join(home.userDir, ".ssh", "known_hosts");
  const words = ["-L", `${port}:127.0.0.1:${servicePort}`, "-i", sshd.clientKeyPath, ...knownHostsWords(knownHosts), "--name", "web"];
  await home.run("up", targetOf(sshd), ...words);

  expect((await home.run("trust", "web", "--fingerprint", fingerprintOf(sshd))).code).toBe(0);

  expect(readFileSync(knownHosts, "utf8")).toContain(sshd.hostKeyPublic);
  expect(statSync(join(home.userDir, ".ssh")).mode & 0o777).toBe(0o700);
});

it.skipIf(!hasTerminal)("asks in a terminal with ssh's own words, and opens on yes", async () => {
  const { home, sshd, words, knownHosts, port } = await makeStrangerScene();
  const up = home.startInTerminal("up", ...words);

  await until(() => up.stdout().includes("(yes/no/[fingerprint])? "));
  expect(up.stdout()).toContain(`The authenticity of host '[127.0.0.1]:${sshd.port}' can't be established.`);
  expect(up.stdout()).toContain(`ED25519 key fingerprint is ${fingerprintOf(sshd)}.`);
  up.type("maybe\r");
  await until(() => up.stdout().includes("Please type 'yes', 'no' or the fingerprint: "));
  up.type("yes\r");

  expect((await up.ended).code, up.stdout()).toBe(0);
  expect(up.stdout()).toContain("verified");
  expect(readFileSync(knownHosts, "utf8")).toContain(sshd.hostKeyPublic);
  expect(await fetchText(port)).toBe("ok\n");
});

it.skipIf(!hasTerminal)("leaves the tunnel held on no", async () => {
  const { home, words, knownHosts } = await makeStrangerScene();
  const up = home.startInTerminal("up", ...words);

  await until(() => up.stdout().includes("(yes/no/[fingerprint])? "));
  up.type("no\r");

  expect((await up.ended).code, up.stdout()).toBe(5);
  expect(existsSync(knownHosts)).toBe(false);
  expect(await tunnels(home)).toMatchObject([{ phase: "held", failure: { code: "host-key-unknown" } }]);
});

it.skipIf(!hasTerminal)("takes the fingerprint itself for a yes in `trust`", async () => {
  const { home, sshd, words, knownHosts } = await makeStrangerScene();
  await home.run("up", ...words);
  const trust = home.startInTerminal("trust", "web");

  await until(() => trust.stdout().includes("(yes/no/[fingerprint])? "));
  trust.type(`${fingerprintOf(sshd)}\r`);

  expect((await trust.ended).code, trust.stdout()).toBe(0);
  expect(readFileSync(knownHosts, "utf8")).toContain(sshd.hostKeyPublic);
});

it("holds when a known server shows another key, says where the old one stands, and lets nobody trust it away", async () => {
  const { home, sshd, port } = await makeOpenScene();
  const oldFingerprint = fingerprintOf(sshd);

  await sshd.replaceHostKey();

  const held = await untilTunnel(home, "web", ({ phase }) => phase === "held");
  expect(held).toMatchObject({ prompt: null, failure: { code: "host-key-changed", recovery: "needs-user" } });
  expect(held.failure?.message).toContain(`${sshd.knownHostsPath}:1 `);
  expect(held.failure?.message).toContain(fingerprintOf(sshd));
  expect((await home.run("status")).code).toBe(5);
  const before = readFileSync(sshd.knownHostsPath, "utf8");
  for (const words of [[], ["--fingerprint", fingerprintOf(sshd)]]) {
    const trust = await home.run("trust", "web", ...words);
    expect(trust.code).toBe(5);
    expect(trust.stderr).toContain(`${sshd.knownHostsPath}:1 has ssh-ed25519 ${oldFingerprint}`);
    expect(trust.stderr).toContain(`ssh-keygen -R '[127.0.0.1]:${sshd.port}' -f '${sshd.knownHostsPath}'`);
  }
  expect(readFileSync(sshd.knownHostsPath, "utf8")).toBe(before);
  expect(JSON.parse(await fetchText(port))).toMatchObject({ phase: "held", code: "host-key-changed" });
});

it("goes on with a changed key once a person has removed the old line and looked at the new one", async () => {
  const { home, sshd, port } = await makeOpenScene();
  await sshd.replaceHostKey();
  await untilTunnel(home, "web", ({ phase }) => phase === "held");

  writeFileSync(sshd.knownHostsPath, "");
  expect((await home.run("up", "web")).code).toBe(5);
  expect((await home.run("trust", "web", "--fingerprint", fingerprintOf(sshd))).code).toBe(0);

  await untilTunnel(home, "web", isVerified);
  expect(await fetchText(port)).toBe("ok\n");
});

/** A server that is in no known_hosts yet. */
async function makeStrangerScene() {
  const [sshd, service, port] = await Promise.all([makeSshd(), makeService(), freePort()]);
  const home = makeHome();
  const knownHosts = join(home.userDir, "known_hosts");
  const words = [targetOf(sshd), "-L", `${port}:127.0.0.1:${service.port}`, "-i", sshd.clientKeyPath, ...knownHostsWords(knownHosts)];
  return { home, sshd, port, servicePort: service.port, knownHosts, words: [...words, "--name", "web"] };
}

/** As `ssh-keygen -lf` prints it. */
function fingerprintOf({ hostKeyPublic }: TestSshd): string {
  const blob = Buffer.from(hostKeyPublic.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}
