// A machine of its own with a real systemd, for the suite and for the bench; plain JavaScript, because the bench is run as it stands.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** @typedef {{ code: number | null, stdout: string, stderr: string }} Answer */
/** @typedef {{ env?: Readonly<Record<string, string | undefined>>, input?: string, timeoutMs?: number }} CommandOptions */

export const user = { name: "claw", uid: 1000, home: "/home/claw", runtimeDir: "/run/user/1000" };

/** Where a person's own global packages are, as npm's documentation advises. */
export const npmPrefix = `${user.home}/.npm-global`;
const systemPath = "/usr/local/bin:/usr/bin:/bin";

/** Beside the trees, because an overlay's upper layer must not be on one itself, as /tmp may be. */
export const cacheDir = process.env.CLAWTUNNEL_BOX_CACHE ?? "/var/cache/clawtunnel-box";
const [bootBox, enterBox, makeTree] = ["boot-box", "enter-box", "../../.ci/systemd-box"].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
);

const pollMs = 10;
const bootMaxMs = 60_000;
const downMaxMs = 60_000;
const commandMaxMs = 60_000;
const endedBy = { reboot: 133, poweroff: 0 };

/** The tree that `.ci/systemd-box SUITE` makes: the lowest layer of a box. */
export function treeOf(/** @type {string} */ suite) {
  return join(cacheDir, suite);
}

/** Why no box of `suite` boots here, and what to do; undefined where it does. */
export function whyNoBox(/** @type {string} */ suite) {
  if (process.platform !== "linux") return "systemd is Linux's";
  if (process.getuid?.() !== 0) return "only root can boot a machine";
  if (!isTreeOfToday(suite)) return `there is no tree to boot, or an older one: \`.ci/systemd-box ${suite}\` makes it`;
  if (spawnSync("systemd-nspawn", ["--version"]).status !== 0) return "systemd-nspawn is missing: apt-get install systemd-container";
  return undefined;
}

/** By the note that the script leaves when it is done: what it was itself then. */
function isTreeOfToday(suite) {
  const note = `${treeOf(suite)}.recipe`;
  const recipe = createHash("sha256").update(readFileSync(makeTree)).digest("hex").slice(0, 16);
  return existsSync(note) && readFileSync(note, "utf8").trim() === recipe;
}

/** A folder for what a box writes, to be its own or to become a layer of others. */
export function makeStateDir() {
  mkdirSync(cacheDir, { recursive: true });
  return mkdtempSync(join(cacheDir, `state-${process.pid}-`));
}

/** Removes the folders of processes that ended without doing so. Their boxes ended with them. */
export function removeLeftovers() {
  for (const name of readdirSync(cacheDir)) {
    const pid = /^state-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(cacheDir, name), { recursive: true, force: true });
  }
}

export class Box {
  #stateDir;
  #layers;
  #networkOf;
  #machine;
  #leader;
  #said = "";

  /**
   * Not booted yet. `layers` are only read, the last one is the lowest; what the machine writes stays in `stateDir` over reboots.
   * `networkOf` is the process whose network it gets in place of an empty one.
   * @param {{ layers: readonly string[], stateDir: string, networkOf?: number }} options
   */
  constructor({ layers, stateDir, networkOf }) {
    this.#layers = layers;
    this.#stateDir = stateDir;
    this.#networkOf = networkOf;
  }

  /** What it has written to `path`, which nobody may change from outside while it runs. */
  upperPath(/** @type {string} */ path) {
    return join(this.#stateDir, "upper", path);
  }

  /** The machine's systemd, as this machine sees it. It is another one after each boot. */
  get leader() {
    if (this.#leader === undefined) throw new Error("the box is not booted");
    return this.#leader;
  }

  /** Resolves when its PID 1 is systemd: long before the boot is done. */
  async switchOn() {
    const network = this.#networkOf === undefined ? {} : { BOX_NETWORK: `/proc/${this.#networkOf}/ns/net` };
    const machine = spawn(bootBox, [this.#stateDir, ...this.#layers], {
      env: { PATH: process.env.PATH, ...network },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [machine.stdout, machine.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.#said += text;
      });
    }
    this.#machine = { process: machine, ended: once(machine, "close") };
    const deadlineMs = performance.now() + bootMaxMs;
    for (;;) {
      this.#leader = childNamed(machine.pid, "systemd");
      if (this.#leader !== undefined) return;
      if (machine.exitCode !== null || performance.now() > deadlineMs) throw new Error(`the box does not boot:\n${this.#said}`);
      await delay(pollMs);
    }
  }

  /** Boots, and resolves when systemd says that all is started. */
  async boot() {
    await this.switchOn();
    const deadlineMs = performance.now() + bootMaxMs;
    for (;;) {
      const { stdout, stderr } = await this.root(["systemctl", "is-system-running"]);
      // Degraded: a unit has failed, which may well be what a test wants.
      if (/^(running|degraded)$/.test(stdout.trim())) return;
      if (performance.now() > deadlineMs) throw new Error(`the box does not come up (${stdout}${stderr}):\n${this.#said}`);
      await delay(pollMs);
    }
  }

  async reboot() {
    await this.#end("reboot");
    await this.boot();
  }

  powerOff() {
    return this.#end("poweroff");
  }

  /** What PID 1 and its kernel messages said. */
  get console() {
    return this.#said;
  }

  /**
   * Of root, outside of every service and session. Never rejects because of how it ended.
   * @param {readonly string[]} argv
   * @param {CommandOptions} [options]
   * @returns {Promise<Answer>}
   */
  root(argv, options = {}) {
    return this.#enter("root", { PATH: `/usr/local/sbin:/usr/sbin:/sbin:${systemPath}`, HOME: "/root" }, argv, options);
  }

  /**
   * Of the user, without a login session: what works for it works for nobody being logged in.
   * @param {readonly string[]} argv
   * @param {CommandOptions} [options]
   * @returns {Promise<Answer>}
   */
  user(argv, options = {}) {
    const env = { ...userEnv, XDG_RUNTIME_DIR: user.runtimeDir };
    return this.#enter(user.name, env, argv, options);
  }

  /**
   * Of the user who has logged in for it over ssh, and logs out afterwards: a session of logind's, as a person has one.
   * @param {readonly string[]} argv
   * @param {CommandOptions} [options]
   * @returns {Promise<Answer>}
   */
  login(argv, options = {}) {
    const words = ["env", ...assignments({ PATH: userEnv.PATH, ...options.env }), ...argv];
    const ssh = ["ssh", "-o", "BatchMode=yes", `${user.name}@127.0.0.1`, words.map(quote).join(" ")];
    return this.#enter(user.name, userEnv, ssh, { ...options, env: {} });
  }

  /** Cuts the power, and removes what it wrote. Safe to repeat, and in every state. */
  async dispose() {
    const machine = this.#machine;
    if (machine !== undefined) {
      // Killing nspawn would leave its machine behind. What it has not started yet it does not start any more.
      if (this.#leader === undefined) machine.process.kill("SIGKILL");
      else kill(this.#leader);
      await machine.ended;
      this.#forget(machine.process.pid);
    }
    await rm(this.#stateDir, { recursive: true, force: true });
  }

  /** @param {"reboot" | "poweroff"} how */
  async #end(how) {
    const machine = this.#machine;
    await this.root(["systemctl", how]);
    const timer = setTimeout(() => kill(this.leader), downMaxMs);
    const [code] = await machine.ended;
    clearTimeout(timer);
    this.#forget(machine.process.pid);
    if (code !== endedBy[how]) throw new Error(`the box ended with ${code}, not by its ${how}:\n${this.#said}`);
  }

  #forget(pid) {
    this.#machine = undefined;
    this.#leader = undefined;
    for (const hierarchy of ["", "systemd", "unified"]) removeGroups(`/sys/fs/cgroup/${hierarchy}/clawbox-${pid}`);
  }

  async #enter(name, env, argv, { env: more = {}, input = "", timeoutMs = commandMaxMs }) {
    const variables = assignments({ TERM: "dumb", LC_ALL: "C.UTF-8", ...env, ...more });
    const child = spawn(enterBox, [String(this.leader), name, ...variables, ...argv], { stdio: ["pipe", "pipe", "pipe"] });
    const answer = { code: null, stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) {
      child[stream].setEncoding("utf8").on("data", (text) => {
        answer[stream] += text;
      });
    }
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    // What it started inside ends with the box at the latest, and must not be waited for: a daemon may hold its streams.
    const timer = setTimeout(() => {
      answer.stderr += `\n(ended by the test after ${timeoutMs} ms)`;
      child.kill("SIGKILL");
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeoutMs);
    [answer.code] = await once(child, "close");
    clearTimeout(timer);
    return answer;
  }
}

const userEnv = { PATH: `${npmPrefix}/bin:${systemPath}`, HOME: user.home, USER: user.name, LOGNAME: user.name, SHELL: "/bin/bash" };

/** The child of `pid` that runs a program of this name. */
function childNamed(pid, name) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return children.map(Number).find((child) => child > 0 && readFileSync(`/proc/${child}/comm`, "utf8").trim() === name);
  } catch {
    return undefined;
  }
}

function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It was gone already.
  }
}

/** Cgroups are folders that only go one by one, when they are empty. */
function removeGroups(dir) {
  try {
    for (const entry of readdirSync(dir, { withFileTypes: true })) if (entry.isDirectory()) removeGroups(join(dir, entry.name));
    rmdirSync(dir);
  } catch {
    // It was not there, or a process in it takes its time: an empty cgroup that is left costs nothing.
  }
}

function assignments(variables) {
  return Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}

function quote(word) {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
