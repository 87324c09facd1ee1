import { setTimeout as delay } from "node:timers/promises";
import { processStartedAt } from "../../base/process-identity.js";
import { systemErrorCode } from "../../base/system-error.js";
import type { ListeningProcess } from "../../forward/port-owner/listening-process.js";
import { findParent, findPortProcess, ownerOf, type PortOwner } from "../../forward/port-owner/port-owner.js";
import { userHomeFromProc } from "../../forward/port-owner/port-owner-linux.js";
import { meansVeryForward } from "../../forward/port-owner/ssh-meaning.js";
import { resolveSsh, type SshResolver } from "../../forward/port-owner/ssh-resolver.js";
import { readVeryForward, type WantedForward } from "../../forward/port-owner/very-forward.js";
import { sshProgram } from "../../ssh/command-line.js";

/** One process for ever, where a pid alone may go to another. */
interface ProcessId {
  readonly pid: number;
  readonly startedAt: string;
}

/** An ssh of this user that holds the port of a forward as this very forward, and nothing more. */
export interface StaleForward {
  /** Who is to be ended first, to be shown. */
  readonly owner: PortOwner;
  /** In the order in which they have to be ended: an autossh before its ssh, which it would start again. */
  readonly processes: readonly ProcessId[];
}

const endWaitMs = 2_000;
const pollMs = 20;

/**
 * Undefined when the port is held by anything else, by another user, or by somebody who cannot be seen well enough. The user's
 * ssh_config is read as it is now: what it was when that ssh started nobody can tell.
 */
export async function findStaleForward(wanted: WantedForward, resolve: SshResolver = resolveSsh): Promise<StaleForward | undefined> {
  const { host, port } = wanted.forward.bind;
  const holder = await findPortProcess(port, host);
  if (holder === undefined || !isOwnSsh(holder)) return undefined;
  const parent = await findParent(holder.pid);
  const keeper = sshProgram(parent?.executable) === "autossh" ? parent : undefined;
  // With its monitor autossh gives its ssh forwards of its own: then its own words tell what it is for.
  const asked = keeper ?? holder;
  const command = isOwnSsh(asked) ? readVeryForward(asked.argv, wanted) : undefined;
  if (command === undefined || !(await hasOwnHome(holder.pid))) return undefined;
  const dump = await resolve(holder.pid, command.sshWords);
  if (dump === undefined || !meansVeryForward(dump, wanted)) return undefined;
  const processes = await Promise.all((keeper === undefined ? [holder] : [keeper, holder]).map(identify));
  return processes.every((id) => id !== undefined) ? { owner: ownerOf(asked), processes } : undefined;
}

/**
 * Ends what `findStaleForward` found, if it is still the same and still holds the port. SIGTERM; SIGKILL only for the very
 * process that has not ended two seconds later. Tells whether all of it has ended.
 */
export async function endStaleForward(stale: StaleForward, wanted: WantedForward, resolve: SshResolver = resolveSsh): Promise<boolean> {
  // Seen twice with the same start, a pid was the same process in between: the one whose command line was read.
  const now = await findStaleForward(wanted, resolve);
  if (now === undefined || !isSameForward(now, stale)) return false;
  for (const id of stale.processes) if (!(await endProcess(id))) return false;
  return true;
}

function isSameForward(one: StaleForward, other: StaleForward): boolean {
  const key = ({ processes }: StaleForward) => processes.map(({ pid, startedAt }) => `${pid} ${startedAt}`).join();
  return key(one) === key(other);
}

/** A process can write anything into its argv; the file that it runs it cannot choose. */
function isOwnSsh(found: ListeningProcess): boolean {
  const program = sshProgram(found.executable);
  return program !== undefined && program === sshProgram(found.argv[0]) && ownerOf(found).isOwn;
}

/** Another HOME means another place in life, a container for instance, where the same words may mean something else. */
async function hasOwnHome(pid: number): Promise<boolean> {
  const home = await userHomeFromProc(pid);
  return home === null || home === process.env.HOME;
}

async function identify({ pid }: ListeningProcess): Promise<ProcessId | undefined> {
  const startedAt = await processStartedAt(pid);
  return startedAt === null ? undefined : { pid, startedAt };
}

async function endProcess(id: ProcessId): Promise<boolean> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (!(await isStill(id)) || !send(id.pid, signal)) break;
    for (const untilMs = performance.now() + endWaitMs; performance.now() < untilMs; await delay(pollMs)) {
      if (!(await isStill(id))) return true;
    }
  }
  return !(await isStill(id));
}

async function isStill({ pid, startedAt }: ProcessId): Promise<boolean> {
  return (await processStartedAt(pid)) === startedAt;
}

/** False when it may not be sent. Nobody there is as good as sent. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "ESRCH";
  }
}
