import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Failure } from "../../src/base/failure.js";
import { type Home, hasTerminal, program } from "../support/clawtunnel.js";
import { type FakeDaemon, startFakeDaemon } from "../support/fake-daemon.js";
import { freePort } from "../support/sshd.js";
import { until } from "../support/until.js";
import { fakeKeyring } from "../unit/fixtures/fake-keyring.js";
import { code, passphrase, secretWord } from "../unit/fixtures/questions.js";
import { makeHome } from "./scene.js";

const never = new AbortController().signal;
const isLinux = process.platform === "linux";

describe.skipIf(!hasTerminal)("in a terminal", () => {
  it("`up` asks for the passphrase, shows nothing of what is typed, and goes on", async () => {
    const { home, daemon, words } = await makeAskingScene();
    const up = home.startInTerminal("up", ...words);
    const login = await daemon.login();
    const answer = login.person.ask(passphrase(), never);

    await until(() => up.stdout().includes("Enter passphrase for key '/keys/id': "));
    up.type(`${secretWord}x\u007f\r`);

    expect(await answer).toBe(secretWord);
    login.open();
    expect((await up.ended).code, up.stdout()).toBe(0);
    expect(up.stdout()).toContain("verified");
    expect(up.stdout()).not.toContain("correct");
  });

  it("shows a code while it is typed, and whose question it is", async () => {
    const { home, daemon, words } = await makeAskingScene();
    const up = home.startInTerminal("up", ...words);
    const answer = (await daemon.login()).person.ask(code(), never);

    await until(() => up.stdout().includes("(me@there) Verification code: "));
    up.type("123456\r");

    expect(await answer).toBe("123456");
    expect(stripVTControlCharacters(up.stdout())).toContain("Verification code: 123456");
    up.child.kill();
  });

  it("asks once more when the answer was not right", async () => {
    const { home, daemon, words } = await makeAskingScene();
    const up = home.startInTerminal("up", ...words);
    const login = await daemon.login();
    void login.person.ask(passphrase(), never);
    await until(() => up.stdout().includes("'/keys/id': "));
    up.type("wrong\r");
    await until(async () => (await promptOf(home)) === null);

    const answer = login.person.ask(passphrase({ isRepeated: true }), never);
    await until(() => up.stdout().includes("that was not right; once more"));
    up.type(`${secretWord}\r`);

    expect(await answer).toBe(secretWord);
    up.child.kill();
  });

  it.each([
    ["ctrl-C", "\u0003"],
    ["ctrl-D", "\u0004"],
  ])("takes %s for no answer: the tunnel is held, and the terminal is as it was", async (_name, key) => {
    const { home, daemon, words } = await makeAskingScene();
    const command = ["stty -g", [process.execPath, program, "up", ...words].join(" "), "echo ended with $?", "stty -g"].join("; ");
    const env = { ...process.env, CLAWTUNNEL_HOME: home.dir, HOME: home.userDir, NO_COLOR: "1" };
    const terminal = spawn("script", ["-qec", command, "/dev/null"], { env, cwd: home.userDir, stdio: "pipe" });
    onTestFinished(() => void terminal.kill());
    let shown = "";
    terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
    });
    const login = await daemon.login();
    login.person.ask(passphrase(), never).catch((failure: Failure) => login.fail(failure));
    await until(() => shown.includes("'/keys/id': "));
    terminal.stdin.write(key);

    await until(async () => (await home.daemon.status()).tunnels[0]?.phase === "held");
    const modes = () => shown.match(/^[0-9a-f]+(:[0-9a-f]+)+/gm) ?? [];
    await until(() => modes().length === 2);
    expect(shown).toContain("ended with 5");
    expect(shown).toContain("`clawtunnel up web`");
    const [before, after] = modes();
    expect(after).toBe(before);
  });

  it("takes ctrl-C at a host key for a no", async () => {
    const { home, daemon, words } = await makeAskingScene();
    const up = home.startInTerminal("up", ...words);
    (await daemon.login()).showUnknownKey({ ...unknownKey, knownHostsFile: `${home.userDir}/known_hosts` });
    await until(() => up.stdout().includes("(yes/no/[fingerprint])? "));
    up.type("\u0003");
    expect((await up.ended).code, up.stdout()).toBe(5);
    expect(existsSync(`${home.userDir}/known_hosts`)).toBe(false);
  });

  it("lets the terminal go when somebody else answers", async () => {
    const { home, daemon, words } = await makeAskingScene();
    const up = home.startInTerminal("up", ...words);
    const login = await daemon.login();
    void login.person.ask(passphrase(), never);
    await until(() => up.stdout().includes("'/keys/id': "));

    await home.daemon.answerPrompt((await promptOf(home))?.id ?? "", { answer: secretWord });
    login.open();

    expect((await up.ended).code, up.stdout()).toBe(0);
  });

  it("does not count the time of the person against --wait", async () => {
    const { home, daemon, words } = await makeAskingScene();
    const up = home.startInTerminal("up", ...words, "--wait", "0.5");
    const login = await daemon.login();
    const answer = login.person.ask(passphrase(), never);
    await until(() => up.stdout().includes("'/keys/id': "));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    up.type(`${secretWord}\r`);
    await answer;
    login.open();
    expect((await up.ended).code, up.stdout()).toBe(0);
  });

  it("says once what is to be done elsewhere, and waits for it", async () => {
    const { home, daemon, words } = await makeAskingScene();
    const up = home.startInTerminal("up", ...words);
    const login = await daemon.login();
    const takeBack = login.person.tell("Confirm user presence for key ED25519-SK");
    await until(() => up.stdout().includes("web: Confirm user presence for key ED25519-SK"));
    takeBack();
    login.open();
    expect((await up.ended).code, up.stdout()).toBe(0);
    expect(up.stdout().split("Confirm user presence")).toHaveLength(2);
  });

  it("`trust` asks what comes after the host key as well", async () => {
    const { home, daemon, words } = await makeAskingScene();
    const up = home.run("up", ...words);
    (await daemon.login()).showUnknownKey({ ...unknownKey, knownHostsFile: `${home.userDir}/known_hosts` });
    expect((await up).code).toBe(5);

    const trust = home.startInTerminal("trust", "web", "--randomart");
    await until(() => trust.stdout().includes("(yes/no/[fingerprint])? "));
    expect(trust.stdout()).toContain(`256 ${unknownKey.fingerprint} there (ED25519)`);
    expect(trust.stdout()).toContain("+--[ED25519 256]--+");
    expect(trust.stdout()).toContain(`is added to ${home.userDir}/known_hosts, with the host's name hashed.`);
    trust.type("yes\r");
    const login = await daemon.login();
    const answer = login.person.ask(passphrase(), never);
    await until(() => trust.stdout().includes("'/keys/id': "));
    trust.type(`${secretWord}\r`);
    await answer;
    login.open();

    expect((await trust.ended).code, trust.stdout()).toBe(0);
    expect(readFileSync(`${home.userDir}/known_hosts`, "utf8")).toMatch(/^\|1\|[^ ]+ ssh-ed25519 [^ ]+\n$/);
  });

  it.runIf(isLinux)("puts the answer into the arguments and the environment of no process", async () => {
    const { home, daemon, words } = await makeAskingScene();
    const up = home.startInTerminal("up", ...words);
    const answer = (await daemon.login()).person.ask(passphrase(), never);
    await until(() => up.stdout().includes("'/keys/id': "));
    for (const character of secretWord) up.type(character);
    expect(argumentsOfAll()).not.toContain(secretWord);
    up.type("\r");
    await answer;
    expect(argumentsOfAll()).not.toContain(secretWord);
    up.child.kill();
  });
});

describe("elsewhere", () => {
  it("`up` does not ask, and ends with 5 and the way on", async () => {
    const { home, daemon, words } = await makeAskingScene();
    const up = home.start("up", ...words);
    const login = await daemon.login();
    login.person.ask(passphrase(), never).catch((failure: Failure) => login.fail(failure));
    const { code: exitCode, stdout } = await up.ended;
    expect(exitCode).toBe(5);
    expect(stdout).toContain("nobody is there to answer");
    expect(stdout).toContain("`clawtunnel up web`");
  });

  it("`status` and `wait` show what is asked and how to answer, and are 5 for a script", async () => {
    const { home, daemon } = await makeAskingScene();
    void home.daemon.create({
      name: "web",
      tunnel: { target: "me@there", forwards: [{ local: `127.0.0.1:${await freePort()}`, to: "127.0.0.1:80" }] },
      attended: true,
    });
    void (await daemon.login()).person.ask(passphrase(), never).catch(() => {});
    await until(() => promptOf(home));
    for (const command of [["status"], ["wait", "--timeout", "0.5"]]) {
      const { code: exitCode, stdout, stderr } = await home.run(...command);
      expect(exitCode, command[0]).toBe(5);
      expect(stdout + stderr, command[0]).toContain("Enter passphrase for key '/keys/id':");
      expect(stdout + stderr, command[0]).toContain("`clawtunnel up web`");
    }
  });
});

const keyBase64 = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const unknownKey = {
  hostPattern: "there",
  keyType: "ssh-ed25519",
  keyBase64,
  fingerprint: "SHA256:jKYJ3DRrdVUOdO0sXUtXGhYBeLo0m1hUcYvPXAjXwVk",
  isHashed: true,
};

/** A user whose daemon's servers are the test's own. */
async function makeAskingScene(): Promise<{ home: Home; daemon: FakeDaemon; words: string[] }> {
  const home = makeHome();
  const daemon = await startFakeDaemon(home.paths, fakeKeyring());
  onTestFinished(daemon.close);
  return { home, daemon, words: ["me@there", "-L", `127.0.0.1:${await freePort()}:127.0.0.1:80`, "--name", "web"] };
}

async function promptOf(home: Home) {
  return (await home.daemon.status()).tunnels[0]?.prompt ?? null;
}

function argumentsOfAll(): string {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids
    .flatMap((pid) => ["cmdline", "environ"].map((file) => readIfThere(`/proc/${pid}/${file}`)))
    .join("\n")
    .replaceAll("\0", " ");
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
