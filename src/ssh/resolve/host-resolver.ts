import { existsSync } from "node:fs";
import { Failure } from "../../base/failure.js";
import { formatTarget } from "../../config/target.js";
import type { LoginSpec } from "../../config/tunnel-spec.js";
import { describeFiles } from "../describe-files.js";
import type { HostConfig } from "../host-config.js";
import { isAtLeast, readOpensshVersion } from "../openssh-version.js";
import { askConfig, askDefaults, type ConfigAnswer, type ConfigRefusal, usualFiles } from "./config-answer.js";
import { lastHop } from "./hops.js";
import { type Machine, thisMachine } from "./machine.js";
import { readHostConfig } from "./read-host-config.js";
import { SharedWork } from "./shared-work.js";
import type { SshDump } from "./ssh-dump.js";
import { findSsh, type SshProgram } from "./ssh-program.js";
import { sshWords } from "./ssh-words.js";

/** A host, and how it was found out what it means. */
export interface Resolution {
  readonly host: HostConfig;
  /** For instance `OpenSSH_9.2p1`; null where there is no ssh to ask. */
  readonly version: string | null;
  /** What only an ssh could have made out. */
  readonly leftOut: readonly string[];
}

interface Remembered {
  readonly answer: ConfigAnswer;
  /** Of the files and folders that it came from, and of the ssh that read them. */
  readonly state: string;
}

const askedAtOnceMax = 4;
const rememberedMax = 2_000;
/** Deeper than anybody travels; configurations that lead in a circle end here. */
const hopsMax = 10;

/**
 * What targets mean to this user's ssh. An answer holds until a file that it came from changes; one that depends on more than
 * files is asked for anew each time.
 */
export class HostResolver {
  readonly #env: NodeJS.ProcessEnv;
  readonly #machine: Machine;
  readonly #remembered = new Map<string, Remembered>();
  /** The files of configurations that could not be read. */
  readonly #refused = new Map<string, readonly string[]>();
  readonly #defaults = new Map<string, Promise<SshDump>>();
  readonly #work = new SharedWork<ConfigAnswer>(askedAtOnceMax);

  constructor(env: NodeJS.ProcessEnv = process.env, machine: Machine = thisMachine()) {
    this.#env = env;
    this.#machine = machine;
  }

  /** Rejects with `ssh-config-invalid` when ssh cannot tell, or `host-unresolved` when it cannot tell now. */
  async resolve(login: LoginSpec, signal: AbortSignal): Promise<Resolution> {
    return this.#follow(login, [], (hop) => this.#ask(hop, signal));
  }

  /** As before, without asking again what depends on more than files: for looks that are repeated. */
  async recall(login: LoginSpec, signal: AbortSignal): Promise<Resolution> {
    return this.#follow(login, [], (hop) => this.#ask(hop, signal, true));
  }

  /** A text that changes when an edit, or another ssh, may have made another host of it. */
  async configState(login: LoginSpec, host: HostConfig | undefined): Promise<string> {
    const program = await findSsh(this.#env);
    const refused = this.#refused.get(keyOf(login)) ?? usualFiles(login.configFile, this.#machine);
    const files = host === undefined ? refused : [host, ...host.jumps].flatMap((each) => each.files);
    const folders = this.#remembered.get(keyOf(login))?.answer.folders ?? [];
    return stateOf({ files, folders }, program);
  }

  async #follow(login: LoginSpec, passed: readonly LoginSpec[], ask: (login: LoginSpec) => Promise<ConfigAnswer>): Promise<Resolution> {
    const way = [...passed, login];
    if (way.length > hopsMax) throw goesRound(way);
    const answer = await ask(login);
    const version = readOpensshVersion(answer.version ?? "");
    const hop = lastHop(login, answer.dump);
    const before = hop === undefined ? undefined : await this.#follow(hop, way, ask);
    const host = readHostConfig(answer.dump, {
      alias: login.target.host,
      jumps: before === undefined ? [] : [...before.host.jumps, { ...before.host, jumps: [] }],
      files: answer.files,
      defaults: answer.defaults,
      machine: this.#machine,
      hashHasJump: version !== undefined && isAtLeast(version, 9, 6),
      exists: existsSync,
    });
    return { host, version: answer.version, leftOut: [...new Set([...answer.leftOut, ...(before?.leftOut ?? [])])] };
  }

  async #ask(login: LoginSpec, signal: AbortSignal, takesVolatile = false): Promise<ConfigAnswer> {
    const program = await findSsh(this.#env);
    const key = keyOf(login);
    const known = this.#remembered.get(key);
    const mayHold = known !== undefined && (takesVolatile || !known.answer.isVolatile);
    if (mayHold && known.state === (await stateOf(known.answer, program))) return known.answer;
    return this.#work.share(
      key,
      async (shared) => {
        const answer = await this.#read(login, program, shared);
        if ("failure" in answer) {
          this.#refused.set(key, answer.files);
          throw answer.failure;
        }
        this.#refused.delete(key);
        this.#remember(key, { answer, state: await stateOf(answer, program) });
        return answer;
      },
      signal,
    );
  }

  async #read(login: LoginSpec, program: SshProgram | undefined, signal: AbortSignal): Promise<ConfigAnswer | ConfigRefusal> {
    if (program === undefined) {
      // Loaded when it is first needed, because nearly every machine has an ssh.
      const { readWithoutSsh } = await import("./without-ssh/read-without-ssh.js");
      return readWithoutSsh(login, this.#machine);
    }
    return askConfig(program.path, this.#defaultsOf(program), login, this.#machine, signal);
  }

  /** Shared by all, so no one log-in's abort ends it. */
  #defaultsOf({ path, state }: SshProgram): Promise<SshDump> {
    const asked = this.#defaults.get(state) ?? askDefaults(path);
    this.#defaults.set(state, asked);
    return asked;
  }

  /** Log-ins that were edited away are forgotten, oldest first. */
  #remember(key: string, remembered: Remembered): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, remembered);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > rememberedMax && oldest !== undefined) this.#remembered.delete(oldest);
  }
}

function keyOf(login: LoginSpec): string {
  return JSON.stringify(sshWords(login));
}

async function stateOf({ files, folders }: Pick<ConfigAnswer, "files" | "folders">, program: SshProgram | undefined): Promise<string> {
  return `${program?.state ?? "no ssh"} ${await describeFiles([...files, ...folders])}`;
}

function goesRound(way: readonly LoginSpec[]): Failure {
  const names = way.slice(0, 4).map(({ target }) => formatTarget(target));
  return new Failure("ssh-config-invalid", `the jump hosts of ${names[0]} lead in a circle: ${names.join(", through ")}, …`, {
    hint: "Give the jump host `ProxyJump none` in a Host block before the one that says ProxyJump.",
  });
}
