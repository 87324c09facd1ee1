import { Failure } from "../../base/failure.js";
import { formatTarget, parseTarget } from "../../config/target.js";
import type { LoginSpec } from "../../config/tunnel-spec.js";
import type { HostConfig } from "../host-config.js";
import { readHostConfig } from "./read-host-config.js";
import { dumpConfig } from "./run-ssh-g.js";
import { readSshDump, type SshDump } from "./ssh-dump.js";
import { sshWords } from "./ssh-words.js";

/** What a target means to this user's ssh. Rejects with `ssh-config-invalid` when ssh cannot tell. */
export async function resolveHost(login: LoginSpec, signal: AbortSignal): Promise<HostConfig> {
  const [text, defaults] = await Promise.all([dumpConfig("ssh", sshWords(login)), readDefaults()]);
  signal.throwIfAborted();
  if (text === undefined) throw new Failure("ssh-config-invalid", `ssh cannot make out ${formatTarget(login.target)}`);
  const dump = readSshDump(text);
  const jumps = await Promise.all(jumpWords(dump).map((word) => resolveHost(hopLogin(login, word), signal)));
  return readHostConfig(dump, { alias: login.target.host, identities: login.identities, jumps, files: [], defaults, env: process.env });
}

async function readDefaults(): Promise<SshDump> {
  return readSshDump((await dumpConfig("ssh", ["-F", "none", "--", "localhost"])) ?? "");
}

function jumpWords(dump: SshDump): string[] {
  const jump = dump.get("proxyjump")?.[0] ?? "none";
  return jump === "none" ? [] : jump.split(",");
}

/** A hop is asked for as ssh itself asks: with the same files, and nothing of what was said for the target. */
function hopLogin(login: LoginSpec, word: string): LoginSpec {
  return { ...login, target: parseTarget(word), jump: [], identities: [], options: [] };
}
