import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import type { UnknownHostKey } from "../../../src/ssh/session.js";
import { knownHostsOptions, loginTo } from "../../support/login.js";
import { sshdKind } from "../../support/test-sshd.js";
import { makeKey, patternOf, serverFor, statusThrough, useServer } from "./scene.js";

const hasOpenSsh = sshdKind() === "openssh";
const server = useServer();
const { cleanups, at, connect } = server;

describe("the server's host key", () => {
  it("that known_hosts does not have is told with the fingerprint that ssh-keygen prints, and not accepted", async () => {
    const asked: UnknownHostKey[] = [];
    const connecting = connect(
      { options: knownHostsOptions([at("none")]) },
      {
        onUnknownHostKey: (key) => asked.push(key),
      },
    );
    await expect(connecting).rejects.toMatchObject({ code: "host-key-unknown" });
    const [keyType, keyBase64] = server.sshd.hostKeyPublic.split(" ");
    expect(asked).toMatchObject([
      { hostPattern: patternOf(server.sshd), keyType, keyBase64, fingerprint: expect.stringMatching(/^SHA256:/) },
    ]);
    expect(asked[0]).toMatchObject({ knownHostsFile: at("none"), isHashed: false });
    if (hasOpenSsh) expect(asked[0]?.fingerprint).toBe(fingerprint(server.sshd.hostKeyPath));
  });

  it("is accepted once it is written there", async () => {
    const path = knownHosts(`${patternOf(server.sshd)} ${server.sshd.hostKeyPublic}`);
    expect(await statusThrough(cleanups, await connect({ options: knownHostsOptions([at("none"), path]) }))).toBe("200 OK");
    expect(await statusThrough(cleanups, await connect({ options: knownHostsOptions([], [path]) }))).toBe("200 OK");
  });

  it("that differs from the known one is refused with file and line, and asks nobody", async () => {
    const other = await serverFor(cleanups);
    const path = knownHosts("# a comment", `${patternOf(server.sshd)} ${other.hostKeyPublic}`);
    const onUnknownHostKey = vi.fn();
    await expect(connect({ options: knownHostsOptions([path]) }, { onUnknownHostKey })).rejects.toMatchObject({
      code: "host-key-changed",
      recovery: "needs-user",
      message: expect.stringContaining(`${path}:2`),
    });
    expect(onUnknownHostKey).not.toHaveBeenCalled();
  });

  it("that changes between two connects is refused the second time", async () => {
    const changing = await serverFor(cleanups);
    (await connect(loginTo(changing))).close();
    await changing.replaceHostKey();
    await expect(connect(loginTo(changing))).rejects.toMatchObject({ code: "host-key-changed" });
  });

  it("that only a @cert-authority vouches for is refused as such", async () => {
    const path = knownHosts(`@cert-authority * ${server.sshd.hostKeyPublic}`);
    const onUnknownHostKey = vi.fn();
    await expect(connect({ options: knownHostsOptions([path]) }, { onUnknownHostKey })).rejects.toMatchObject({
      code: "host-key-needs-authority",
    });
    expect(onUnknownHostKey).not.toHaveBeenCalled();
  });

  it.skipIf(!hasOpenSsh).each(["rsa", "ecdsa"])(
    "is asked for in the type that is known, here %s, when the server has several",
    async (type) => {
      const path = makeKey(at("host"), ["-t", type]);
      const several = await serverFor(cleanups, { extraConfig: [`HostKey "${path}"`] });
      const [keyType, key] = readFileSync(`${path}.pub`, "utf8").split(" ");
      const known = knownHosts(`${patternOf(several)} ${keyType} ${key}`);
      expect(await statusThrough(cleanups, await connect({ ...loginTo(several), options: knownHostsOptions([known]) }))).toBe("200 OK");
    },
  );

  it("is not looked at when known_hosts cannot be read", async () => {
    await expect(connect({ options: knownHostsOptions([server.folder]) })).rejects.toMatchObject({ code: "known-hosts-unreadable" });
  });
});

function fingerprint(keyPath: string): string {
  return execFileSync("ssh-keygen", ["-lf", `${keyPath}.pub`], { encoding: "utf8" }).split(" ")[1] ?? "";
}

function knownHosts(...lines: string[]): string {
  const path = at("known_hosts");
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}
