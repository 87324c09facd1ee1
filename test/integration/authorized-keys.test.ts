import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { rewriteAuthorizedKeys } from "../../src/ssh/keys/authorized-keys.js";
import { generateEd25519Key } from "../../src/ssh/keys/generate-key.js";
import type { RemoteHost } from "../../src/ssh/session.js";
import { Cleanups } from "../support/cleanups.js";
import { localHost } from "../support/local-host.js";
import { neverAborted } from "../support/login.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

const key = generateEd25519Key().public;
const blob = key.split(" ")[1] ?? "";
const line = `restrict,command="/bin/false" ${key} it's mine`;
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

function makeAccount(before?: string, mode = 0o644) {
  const home = cleanups.folder();
  const file = join(home, ".ssh/authorized_keys");
  if (before !== undefined) {
    mkdirSync(join(home, ".ssh"));
    writeFileSync(file, before);
    chmodSync(file, mode);
  }
  const host = localHost({ ...process.env, HOME: home });
  const rewrite = (lines: readonly string[]) => rewriteAuthorizedKeys(host, blob, lines, neverAborted);
  return { home, file, rewrite, text: () => readFileSync(file, "utf8") };
}

describe.skipIf(process.platform === "win32")("a line in authorized_keys", () => {
  it("is written where there was no file, for the account alone", async () => {
    const { home, file, rewrite, text } = makeAccount();
    expect(await rewrite([line])).toEqual([]);
    expect([text(), modeOf(file), modeOf(join(home, ".ssh"))]).toEqual([`${line}\n`, "600", "700"]);
  });

  it("stands behind what was there, also behind a last line without an end, and leaves the file's mode", async () => {
    const { home, file, rewrite, text } = makeAccount("# mine\n\nssh-rsa AAAA \\me  and\tme");
    await rewrite([line]);
    expect([text(), modeOf(file)]).toEqual([`# mine\n\nssh-rsa AAAA \\me  and\tme\n${line}\n`, "644"]);
    expect(readdirSync(join(home, ".ssh"))).toEqual(["authorized_keys"]);
  });

  it("takes the place of another with the same key, which is handed back; comments stay", async () => {
    const { rewrite, text } = makeAccount(`# once: ${key}\n${key} old\nssh-rsa BBBB\n`);
    expect(await rewrite([line])).toEqual([`${key} old`]);
    expect(text()).toBe(`# once: ${key}\nssh-rsa BBBB\n${line}\n`);
    expect(await rewrite([`${key} old`])).toEqual([line]);
    expect(await rewrite([])).toEqual([`${key} old`]);
    expect(text()).toBe(`# once: ${key}\nssh-rsa BBBB\n`);
  });

  it("is written through a symbolic link", async () => {
    const { home, file, rewrite } = makeAccount();
    mkdirSync(join(home, ".ssh"));
    writeFileSync(join(home, "managed"), "ssh-rsa AAAA\n");
    symlinkSync("../managed", file);
    await rewrite([line]);
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(home, "managed"), "utf8")).toBe(`ssh-rsa AAAA\n${line}\n`);
  });

  it("is not written, and nothing is left, where the file cannot be replaced", async () => {
    const { home, rewrite } = makeAccount();
    writeFileSync(join(home, ".ssh"), "a file where the folder belongs");
    await expect(rewrite([line])).rejects.toMatchObject({ code: "exec-failed" });
    expect(readdirSync(home)).toEqual([".ssh"]);
  });

  it("is not written by half a script", async () => {
    const { home, rewrite } = makeAccount();
    await rewrite([line]);
    const other = cleanups.folder();
    let script = "";
    const recorder: RemoteHost = {
      exec: async (_command, { input = "" }) => {
        script = input;
        return { exitCode: 0, stdout: "", stderr: "" };
      },
    };
    await rewriteAuthorizedKeys(recorder, blob, [line], neverAborted).catch(() => {});
    for (let length = 0; length < script.length - "\nmain\n".length; length += 7)
      await localHost({ ...process.env, HOME: other }).exec("sh -s", { input: script.slice(0, length) }, neverAborted);
    expect([existsSync(join(other, ".ssh")), existsSync(join(home, ".ssh"))]).toEqual([false, true]);
  });

  it("is refused by a key that runs nothing, whatever its command says", async () => {
    for (const exitCode of [0, 1]) {
      const mute: RemoteHost = { exec: async () => ({ exitCode, stdout: "", stderr: "" }) };
      await expect(rewriteAuthorizedKeys(mute, blob, [line], neverAborted)).rejects.toMatchObject({ code: "exec-refused" });
    }
  });
});
