import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { ConnectContext, UnknownHostKey } from "../../../src/ssh/session.js";
import type { TestSshd } from "../../support/test-sshd.js";
import { engines, hasRealServer, publicHalf, useScene } from "./scene.js";

describe.skipIf(!hasRealServer).each(engines)("a host key looked at by %s", (_name, engine) => {
  const scene = useScene(engine);
  let sshd: TestSshd;
  let known: string;
  let asked: UnknownHostKey[];
  beforeEach(async () => {
    sshd = await scene.sshd();
    known = join(scene.cleanups.folder(), "known_hosts");
    asked = [];
  });

  const connect = (options: readonly string[] = [], context: Partial<ConnectContext> = {}) =>
    scene.connect(
      sshd,
      { options: [`UserKnownHostsFile=${known}`, "GlobalKnownHostsFile=none", ...options] },
      { onUnknownHostKey: (key) => void asked.push(key), ...context },
    );
  const name = () => `[127.0.0.1]:${sshd.port}`;
  const write = (...lines: readonly string[]) => writeFileSync(known, `${lines.join("\n")}\n`);
  const written = () => (existsSync(known) ? readFileSync(known, "utf8") : "");

  it("that is known logs in, also under a hashed name", async () => {
    write(`${name()} ${sshd.hostKeyPublic}`);
    (await connect()).close();
    execFileSync("ssh-keygen", ["-H", "-f", known], { stdio: "ignore" });
    expect(written()).toMatch(/^\|1\|/);
    (await connect()).close();
  });

  it("that is not known is shown with its fingerprint, and nothing is written", async () => {
    await expect(connect()).rejects.toMatchObject({ code: "host-key-unknown" });
    const [, fingerprint] = execFileSync("ssh-keygen", ["-lf", sshd.hostKeyPath], { encoding: "utf8" }).split(" ");
    expect(asked).toMatchObject([{ fingerprint }]);
    expect(written()).toBe("");
  });

  it("that is not known is refused with StrictHostKeyChecking yes, and nobody is asked", async () => {
    await expect(connect(["StrictHostKeyChecking=yes"])).rejects.toMatchObject({ code: "host-key-unknown" });
    expect(asked).toEqual([]);
    expect(written()).toBe("");
  });

  it.each(["accept-new", "no"])("that is not known is written down and accepted with StrictHostKeyChecking %s", async (policy) => {
    (await connect([`StrictHostKeyChecking=${policy}`])).close();
    expect(written()).toContain(sshd.hostKeyPublic);
    (await connect(["StrictHostKeyChecking=yes"])).close();
  });

  it("that has changed is refused, whatever is accepted else", async () => {
    write(`${name()} ${publicHalf(scene.key("-t", "ed25519", "-N", ""))}`);
    const before = written();
    for (const policy of ["ask", "accept-new", "yes", "no"]) {
      await expect(connect([`StrictHostKeyChecking=${policy}`])).rejects.toMatchObject({ code: "host-key-changed" });
    }
    expect(asked).toEqual([]);
    expect(written()).toBe(before);
  });

  it("that is revoked is refused, though another line has it", async () => {
    write(`@revoked * ${sshd.hostKeyPublic}`, `${name()} ${sshd.hostKeyPublic}`);
    for (const policy of ["ask", "accept-new", "yes", "no"]) {
      await expect(connect([`StrictHostKeyChecking=${policy}`])).rejects.toMatchObject({ code: "host-key-revoked" });
    }
  });

  it("is written down, and looked up, under its HostKeyAlias", async () => {
    (await connect(["HostKeyAlias=the-box", "StrictHostKeyChecking=accept-new"])).close();
    expect(written()).toBe(`the-box ${sshd.hostKeyPublic}\n`);
    (await connect(["HostKeyAlias=the-box", "StrictHostKeyChecking=yes"])).close();
    await expect(connect(["HostKeyAlias=another", "StrictHostKeyChecking=yes"])).rejects.toMatchObject({ code: "host-key-unknown" });
  });
});
