import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../base/failure.js";
import { formatTarget } from "../../config/target.js";
import type { LoginSpec } from "../../config/tunnel-spec.js";
import { dependenciesOf } from "./config-dependencies.js";
import type { Machine } from "./machine.js";
import { askSsh, type SshAnswer } from "./run-ssh-g.js";
import { readSshDump, type SshDump } from "./ssh-dump.js";
import { readSshTalk, type SshTalk } from "./ssh-talk.js";
import { sshWords } from "./ssh-words.js";

/** What the configuration says of one log-in, whoever read it. */
export interface ConfigAnswer {
  readonly dump: SshDump;
  readonly defaults: SshDump;
  /** Files that were read, or would be if they were there. */
  readonly files: readonly string[];
  /** Folders in which a new file would be read as well. */
  readonly folders: readonly string[];
  /** It may be another one though no file has changed. */
  readonly isVolatile: boolean;
  /** Who read it: `OpenSSH_9.2p1`, or null where there is no ssh. */
  readonly version: string | null;
  /** What the reader could not do, and ssh can. */
  readonly leftOut: readonly string[];
}

/** A configuration that cannot be read, and the files that an edit may mend. */
export interface ConfigRefusal {
  readonly failure: Failure;
  readonly files: readonly string[];
}

/** A `Match exec` may look at the network, and a name server be slow. */
const timeoutMs = 10_000;
/** The clock of a file system is coarser than ours. */
const clockSlackMs = 20;

/** Asks the ssh at `program`. Refused with `ssh-config-invalid` and ssh's own words, or with `host-unresolved`. */
export async function askConfig(
  program: string,
  defaults: Promise<SshDump>,
  login: LoginSpec,
  machine: Machine,
  signal: AbortSignal,
): Promise<ConfigAnswer | ConfigRefusal> {
  const startedMs = Date.now();
  const answer = await askSsh(program, ["-v", ...sshWords(login)], timeoutMs, signal);
  const talk = readSshTalk(answer.kind === "answered" || answer.kind === "refused" ? answer.talk : "");
  const files = [...new Set([...usualFiles(login.configFile, machine), ...talk.files])];
  if (answer.kind !== "answered") return { failure: failureFrom(answer.kind, talk, login), files };
  const texts = await readTexts(talk.files);
  const { folders, isVolatile } = dependenciesOf(texts, machine.home, includeFolders(machine));
  const dump = readSshDump(answer.text);
  const asksNameServer = !/^(?:|no|false|none)$/.test(dump.get("canonicalizehostname")?.[0] ?? "");
  return {
    dump,
    defaults: await defaults,
    files,
    folders,
    // What was written while it was read may have been read in half.
    isVolatile: isVolatile || talk.hasRunPrograms || asksNameServer || startedMs - clockSlackMs < latestChangeMs(texts),
    version: talk.version,
    leftOut: [],
  };
}

/** What this ssh takes for granted. */
export async function askDefaults(program: string): Promise<SshDump> {
  const answer = await askSsh(program, ["-F", "none", "--", "localhost"], timeoutMs);
  return readSshDump(answer.kind === "answered" ? answer.text : "");
}

/** The files where a configuration begins, whether they are there or not. */
export function usualFiles(configFile: string | null, machine: Machine): string[] {
  if (configFile !== null) return configFile === "none" ? [] : [configFile];
  return includeFolders(machine).map((folder, index) => join(folder, index === 0 ? "config" : "ssh_config"));
}

/** The user's folder, and the system's: where a relative Include is looked for. */
export function includeFolders({ home, env }: Machine): readonly [string, string] {
  const system = process.platform === "win32" ? join(env.ProgramData ?? "C:\\ProgramData", "ssh") : "/etc/ssh";
  return [join(home, ".ssh"), system];
}

function failureFrom(kind: SshAnswer["kind"], { complaint }: SshTalk, login: LoginSpec): Failure {
  const target = formatTarget(login.target);
  if (kind !== "refused")
    return new Failure("host-unresolved", `ssh does not tell what ${target} means: no answer within ${timeoutMs} ms`, {
      hint: "A `Match exec` of ssh_config hangs, or a name server is silent; clawtunnel keeps trying.",
    });
  const isUnresolved = /could not resolve host/i.test(complaint);
  const why = complaint || "it gives no reason";
  return new Failure(isUnresolved ? "host-unresolved" : "ssh-config-invalid", `ssh cannot make out ${target}: ${why}`);
}

interface FoundText {
  readonly path: string;
  readonly text: string;
  readonly changedMs: number;
}

async function readTexts(paths: readonly string[]): Promise<FoundText[]> {
  const read = async (path: string) => ({ path, text: await readFile(path, "utf8"), changedMs: (await stat(path)).mtimeMs });
  const found = await Promise.all(paths.map((path) => read(path).catch(() => undefined)));
  return found.flatMap((text) => text ?? []);
}

function latestChangeMs(texts: readonly FoundText[]): number {
  return Math.max(0, ...texts.map(({ changedMs }) => changedMs));
}
