import { describe, expect, inject, onTestFinished } from "vitest";
import type { StatusReport } from "../../src/api/contract.js";
import { until } from "../support/until.js";
import { type Answer, Box, makeStateDir, user } from "./box.mjs";
import { target, webPort } from "./product.mjs";
import { type Suite, suites } from "./suites.js";

const layers = inject("layers");

/** The same tests on each systemd. A machine without boxes says in its report what was left out there. */
export function describeOnEach(title: string, tests: (suite: Suite) => void): void {
  for (const suite of suites) describeOn(suite, title, tests);
}

/** What does not depend on the version of systemd. */
export function describeOnOne(title: string, tests: (suite: Suite) => void): void {
  describeOn(suites[0], title, tests);
}

function describeOn(suite: Suite, title: string, tests: (suite: Suite) => void): void {
  describe.skipIf(layers[suite] === undefined)(`${title}, on Debian ${suite}`, () => tests(suite));
}

export const unit = "clawtunnel.service";
export const unitDir = `${user.home}/.config/systemd/user`;
export const configFile = `${user.home}/.config/clawtunnel/config.json`;
export const localPort = 8080;
export const webForward = `${localPort}:127.0.0.1:${webPort}`;

const command = "clawtunnel";

/** A machine in which a user has installed the program, and nothing else. It ends with its test. */
export async function makeBox(suite: Suite): Promise<Box> {
  const box = new Box({ layers: layers[suite] ?? [], stateDir: makeStateDir() });
  onTestFinished(() => box.dispose());
  await box.boot();
  return box;
}

/** And has opened a tunnel to the box's own server, named `web`. */
export async function makeBoxWithTunnel(suite: Suite): Promise<Box> {
  const box = await makeBox(suite);
  await type(box, "up", target, "-L", webForward, "--name", "web");
  return box;
}

/** And has made the daemon a service: the two commands that a new user types. */
export async function makeBoxWithService(suite: Suite): Promise<Box> {
  const box = await makeBoxWithTunnel(suite);
  await type(box, "install");
  return box;
}

/** What somebody who has logged in types, and that it went well. */
export async function type(box: Box, ...words: readonly string[]): Promise<Answer> {
  return expectDone(await box.login([command, ...words]));
}

/** The same, however it goes. */
export function tryOut(box: Box, ...words: readonly string[]): Promise<Answer> {
  return box.login([command, ...words]);
}

export function expectDone(answer: Answer): Answer {
  expect(answer, answer.stdout + answer.stderr).toMatchObject({ code: 0 });
  return answer;
}

/** What the daemon says, asked by the user without a session; undefined when nobody answers. */
export async function askDaemon(box: Box): Promise<StatusReport | undefined> {
  const { code, stdout } = await box.user([command, "status", "--json"]);
  return code === 3 ? undefined : (JSON.parse(stdout) as StatusReport);
}

/** Once an answer came back through the tunnel, by the daemon's word and by the service's own. */
export async function untilServed(box: Box, name = "web"): Promise<StatusReport> {
  await untilListening(box);
  expectDone(await box.user([command, "wait", name, "--timeout", "60"]));
  expect(await fetchThrough(box)).toBe("ok\n");
  const report = await askDaemon(box);
  if (report === undefined) throw new Error("the daemon was there, and is gone");
  return report;
}

/** `wait` waits for a tunnel, not for a daemon; and to start it over and over would take the processor from that one. */
async function untilListening(box: Box): Promise<void> {
  // 00010000 is the kernel's mark of one that listens.
  const listens = "until grep -q ' 00010000 .*/control.sock$' /proc/net/unix; do sleep 0.05; done";
  expectDone(await box.user(["sh", "-c", listens]));
}

/** The body of what the HTTP service answers through the forward. Bash's own network: nothing else is installed there. */
export async function fetchThrough(box: Box, port = localPort): Promise<string> {
  const ask = `exec 3<>/dev/tcp/127.0.0.1/${port}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; timeout 20 cat <&3`;
  const { stdout } = await box.user(["bash", "--norc", "-c", ask]);
  return stdout.split("\r\n\r\n")[1] ?? "";
}

/** What the user's manager says of a unit. */
export async function show(box: Box, name = unit): Promise<Record<string, string>> {
  const { stdout } = expectDone(await box.user(["systemctl", "--user", "show", name]));
  return readProperties(stdout);
}

export function systemctl(box: Box, ...words: readonly string[]): Promise<Answer> {
  return box.user(["systemctl", "--user", ...words]);
}

/** Of the service's daemon. */
export async function mainPid(box: Box): Promise<number> {
  return Number((await show(box)).MainPID);
}

/** Once the manager runs another daemon than the one with this pid, and the tunnel is back. */
export async function untilBack(box: Box, notPid: number): Promise<Record<string, string>> {
  const shown = await until(async () => {
    const now = await show(box);
    return now.ActiveState === "active" && now.MainPID !== String(notPid) && now;
  }, 60_000);
  await untilServed(box);
  return shown;
}

/** Sessions of people; systemd 257 counts a user's own manager as one as well. */
export async function loginSessions(box: Box): Promise<string[]> {
  const { stdout } = expectDone(await box.root(["loginctl", "list-sessions", "--no-legend"]));
  const ids = stdout.split("\n").flatMap((line) => line.trim().split(/\s+/)[0] || []);
  const sessions = await Promise.all(ids.map(async (id) => readProperties((await box.root(["loginctl", "show-session", id])).stdout)));
  return sessions.filter(({ Name, Class }) => Name === user.name && Class === "user").map(({ Id = "" }) => Id);
}

/** What the user's manager wrote of the service, and what the service wrote. */
export async function readJournal(box: Box): Promise<string> {
  return expectDone(await box.root(["journalctl", "--no-pager", "--output=cat", `USER_UNIT=${unit}`, "+", `_SYSTEMD_USER_UNIT=${unit}`]))
    .stdout;
}

/** As an editor does: another file in its place. */
export async function writeFile(box: Box, path: string, text: string): Promise<void> {
  const script = 'mkdir -p "$(dirname "$1")" && cat >"$1.new" && chmod 600 "$1.new" && mv "$1.new" "$1"';
  expectDone(await box.user(["bash", "--norc", "-c", script, "bash", path], { input: text }));
}

export async function readFile(box: Box, path: string): Promise<string> {
  return expectDone(await box.root(["cat", path])).stdout;
}

/** Every file and link where a service could have left one. */
export async function listFiles(box: Box): Promise<string[]> {
  const places = [`${user.home}/.config`, `${user.home}/.local`, user.runtimeDir, "/etc", "/run/systemd/system"];
  // Those of systemd itself: its notes on each unit that runs, whichever.
  const passed = [`${user.runtimeDir}/systemd/*`, `${user.runtimeDir}/bus`];
  const { stdout } = await box.root(["find", ...places, "-not", "-type", "d", ...passed.flatMap((path) => ["-not", "-path", path])]);
  return stdout.trim().split("\n").sort();
}

/** The processes of the user's that are clawtunnel, or were started by it. */
export async function listProcesses(box: Box): Promise<string[]> {
  const { stdout } = await box.root(["pgrep", "--uid", user.name, "--list-full", "--full", "clawtunnel|^ssh "]);
  return stdout.split("\n").filter((line) => line !== "");
}

export async function isAlive(box: Box, pid: number): Promise<boolean> {
  return (await box.root(["kill", "-0", String(pid)])).code === 0;
}

function readProperties(stdout: string): Record<string, string> {
  return Object.fromEntries(stdout.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}
