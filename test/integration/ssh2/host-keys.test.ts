import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LoginSpec } from "../../../src/config/tunnel-spec.js";
import { acceptanceOf, type ConnectContext, type UnknownHostKey } from "../../../src/ssh/session.js";
import { Cleanups } from "../../support/cleanups.js";
import { knownHostsOptions } from "../../support/login.js";
import { sshdKind, startTestSshd, type TestSshd } from "../../support/test-sshd.js";
import { connectTo, makeKey, patternOf, serverFor, statusThrough } from "./scene.js";

const cleanups = new Cleanups();
let sshd: TestSshd;
let folder: string;
let knownHosts: string;

beforeAll(async () => {
  sshd = await startTestSshd();
});
afterAll(() => sshd.dispose());
beforeEach(() => {
  folder = cleanups.folder();
  knownHosts = join(folder, "dot-ssh", "known_hosts");
});
afterEach(cleanups.run);

describe("an unknown host key", () => {
  it("is refused by StrictHostKeyChecking yes, and nobody may accept it", async () => {
    const asked: UnknownHostKey[] = [];
    await expect(connect("yes", { onUnknownHostKey: (key) => asked.push(key) })).rejects.toMatchObject({
      code: "host-key-unknown",
      hint: expect.stringContaining("StrictHostKeyChecking is yes"),
    });
    expect(asked).toEqual([]);
  });

  it("is for a person to accept by StrictHostKeyChecking ask, and written once they have", async () => {
    const asked: UnknownHostKey[] = [];
    await expect(connect("ask", { onUnknownHostKey: (key) => asked.push(key) })).rejects.toMatchObject({ code: "host-key-unknown" });
    expect(asked).toMatchObject([{ hostPattern: patternOf(sshd), knownHostsFile: knownHosts }]);
    const acceptedHostKeys = new Set(asked.map(acceptanceOf));
    expect(await statusThrough(cleanups, await connect("ask", { acceptedHostKeys }))).toBe("200 OK");
    expect(written()).toEqual([`${patternOf(sshd)} ${sshd.hostKeyPublic}`]);
    await connect("yes");
  });

  it.each(["accept-new", "no", "off"])("is accepted and written by StrictHostKeyChecking %s, once", async (policy) => {
    for (const _time of [1, 2]) expect(await statusThrough(cleanups, await connect(policy))).toBe("200 OK");
    expect(written()).toEqual([`${patternOf(sshd)} ${sshd.hostKeyPublic}`]);
  });

  it.skipIf(process.platform === "win32")("is not accepted by accept-new where it cannot be written, but is by no", async () => {
    const nowhere = join(folder, "known_hosts");
    symlinkSync(join(folder, "none", "known_hosts"), nowhere);
    const login = (policy: string) => ({ options: [`StrictHostKeyChecking=${policy}`, ...knownHostsOptions([nowhere])] });
    await expect(connectTo(cleanups, sshd, login("accept-new"))).rejects.toMatchObject({ code: "known-hosts-unreadable" });
    expect(await statusThrough(cleanups, await connectTo(cleanups, sshd, login("no")))).toBe("200 OK");
  });

  it("is written to the first file, and looked for in all", async () => {
    const second = join(folder, "second");
    const options = [`UserKnownHostsFile=${knownHosts} ${second}`, "GlobalKnownHostsFile=none"];
    await connectTo(cleanups, sshd, { options: [...options, "StrictHostKeyChecking=accept-new"] });
    writeFileSync(second, readFileSync(knownHosts));
    writeFileSync(knownHosts, "");
    await connectTo(cleanups, sshd, { options: [...options, "StrictHostKeyChecking=yes"] });
  });
});

describe.skipIf(sshdKind() !== "openssh")("HostKeyAlgorithms", () => {
  it("of the user says which of the server's keys is shown, also where another is known", async () => {
    const rsa = makeKey(join(folder, "host_rsa"), ["-t", "rsa", "-b", "2048"]);
    const several = await serverFor(cleanups, { extraConfig: [`HostKey "${rsa}"`] });
    writeFileSync(join(folder, "known"), `${patternOf(several)} ${several.hostKeyPublic}\n`);
    const options = [`UserKnownHostsFile=${join(folder, "known")}`, "GlobalKnownHostsFile=none"];
    await expect(
      connectTo(cleanups, several, { options: [...options, "HostKeyAlgorithms=rsa-sha2-512,ssh-ed25519"] }),
    ).rejects.toMatchObject({
      code: "host-key-changed",
      message: expect.stringContaining("ssh-rsa SHA256:"),
    });
    await connectTo(cleanups, several, { options: [...options, "HostKeyAlgorithms=ssh-ed25519,rsa-sha2-512"] });
    await connectTo(cleanups, several, { options });
  });
});

function connect(policy: string, context: Partial<ConnectContext> = {}, more: readonly string[] = []) {
  const options = [`StrictHostKeyChecking=${policy}`, `UserKnownHostsFile=${knownHosts}`, "GlobalKnownHostsFile=none", ...more];
  return connectTo(cleanups, sshd, { options } satisfies Partial<LoginSpec>, context);
}

function written(): string[] {
  return readFileSync(knownHosts, "utf8").trimEnd().split("\n");
}
