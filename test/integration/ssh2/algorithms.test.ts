import { createHash } from "node:crypto";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Cleanups } from "../../support/cleanups.js";
import { neverAborted } from "../../support/login.js";
import { startTcpService } from "../../support/tcp-service.js";
import { sshdKind, startTestSshd, type TestSshd } from "../../support/test-sshd.js";
import { connectTo, serverFor, statusThrough } from "./scene.js";

const cleanups = new Cleanups();
let sshd: TestSshd;

describe.skipIf(sshdKind() !== "openssh")("what the user asks of the connection", () => {
  beforeAll(async () => {
    sshd = await startTestSshd();
  });
  afterAll(() => sshd.dispose());
  afterEach(cleanups.run);

  it.each([
    ["Ciphers=chacha20-poly1305@openssh.com", "Ciphers chacha20-poly1305@openssh.com"],
    ["Ciphers=aes256-ctr", "Ciphers aes256-ctr"],
    ["MACs=hmac-sha2-512", "MACs hmac-sha2-512"],
    ["KexAlgorithms=ecdh-sha2-nistp521", "KexAlgorithms ecdh-sha2-nistp521"],
    ["HostKeyAlgorithms=ssh-ed25519", "HostKeyAlgorithms ssh-ed25519"],
    ["Compression=yes", "Compression yes"],
  ])("is done: %s", async (option, config) => {
    const strict = await serverFor(cleanups, { extraConfig: [config] });
    const options = [`UserKnownHostsFile=${strict.knownHostsPath}`, option];
    expect(await statusThrough(cleanups, await connectTo(cleanups, strict, { options }))).toBe("200 OK");
  });

  it.each([
    ["Ciphers=aes256-ctr", "Ciphers aes128-gcm@openssh.com"],
    ["KexAlgorithms=diffie-hellman-group16-sha512", "KexAlgorithms curve25519-sha256"],
  ])("ends in algorithms-mismatch where the server does not have it: %s", async (option, config) => {
    const strict = await serverFor(cleanups, { extraConfig: [config] });
    const options = [`UserKnownHostsFile=${strict.knownHostsPath}`, option];
    await expect(connectTo(cleanups, strict, { options })).rejects.toMatchObject({ code: "algorithms-mismatch" });
  });

  it.each(["yes", "no"])("loses no byte while the keys are exchanged anew, with Compression %s", async (compression) => {
    const strict = await serverFor(cleanups, { extraConfig: ["RekeyLimit 256K"] });
    const echo = await startTcpService((socket) => void socket.pipe(socket), { allowHalfOpen: true });
    cleanups.add(() => echo.close());
    const options = [`UserKnownHostsFile=${strict.knownHostsPath}`, `Compression=${compression}`];
    const session = await connectTo(cleanups, strict, { options });
    const channel = await session.dial({ host: "127.0.0.1", port: echo.port }, neverAborted);
    const sent = Buffer.alloc(2 * 1024 * 1024, "the same words over and over; ");
    const hash = createHash("sha256");
    channel.on("data", (chunk: Buffer) => hash.update(chunk));
    channel.end(sent);
    await once(channel, "end");
    expect(hash.digest("hex")).toBe(createHash("sha256").update(sent).digest("hex"));
    const { sentBytes } = session.traffic();
    if (compression === "yes") expect(sentBytes).toBeLessThan(sent.length / 4);
    else expect(sentBytes).toBeGreaterThan(sent.length);
  });

  it("is the address to come from, and a family that the server does not have is not tried", async () => {
    const options = [`UserKnownHostsFile=${sshd.knownHostsPath}`];
    const session = await connectTo(cleanups, sshd, { options: [...options, "BindAddress=127.0.0.2"] });
    expect(await statusThrough(cleanups, session)).toBe("200 OK");
    expect(sshd.log()).toContain("from 127.0.0.2");
    await expect(connectTo(cleanups, sshd, { options: [...options, "AddressFamily=inet6"] })).rejects.toMatchObject({
      code: "host-unresolved",
    });
  });
});
