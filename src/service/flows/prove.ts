import { Failure } from "../../base/failure.js";
import { describeReport, isRunBy, isUnwatched, lookAt, managerTitles } from "../look.js";
import type { RunCommand } from "../machine/run-command.js";
import type { DaemonAnswer, Service } from "../service.js";
import type { Pace } from "./pace.js";

/** What a manager's own clock may add to what it promises. */
const slackMs = 10_000;
/** The first tries after a crash may meet a server that still holds the old session. */
const verifiedMaxMs = 60_000;
const lookEveryMs = 20;

/** The daemon, and the tunnels through which an answer came just now. */
export interface DaemonSnapshot extends DaemonAnswer {
  readonly verified: readonly string[];
}

export interface ProofHands {
  readonly run: RunCommand;
  readonly pace: Pace;
  /** Undefined when nobody answers. */
  readonly snapshot: () => Promise<DaemonSnapshot | undefined>;
  /** Ends the process at once, as a crash would: SIGKILL. */
  readonly kill: (pid: number) => void;
}

export interface Proof {
  readonly killedPid: number;
  readonly pid: number;
  /** From the kill to the answer of the next daemon. */
  readonly backAfterMs: number;
  /** The tunnels that were verified before. */
  readonly tunnels: readonly string[];
  /** From the kill to the moment when all of them were again; null when they were not in time. */
  readonly verifiedAfterMs: number | null;
  readonly notVerified: readonly string[];
}

/**
 * Kills the daemon and watches how the manager brings it back, with its tunnels. Throws `daemon-not-running`, `service-unavailable`
 * where no manager would start it again, and `service-not-up` when it should and does not.
 */
export async function prove(service: Service, hands: ProofHands, signal: AbortSignal): Promise<Proof> {
  const { pace, snapshot } = hands;
  const before = await snapshot();
  if (before === undefined) throw new Failure("daemon-not-running", "the daemon is not running", { hint: startHint });
  await refuseUnwatched(service, before, hands);
  const killedMs = pace.monotonicMs();
  const sinceKillMs = () => Math.round(pace.monotonicMs() - killedMs);
  hands.kill(before.pid);

  const next = await seeWithin(service.backWithinMs + slackMs, (now) => now !== undefined && now.pid !== before.pid);
  if (next === undefined) throw await notBack(service, before.pid, sinceKillMs(), hands);
  const backAfterMs = sinceKillMs();
  const isVerified = (now: DaemonSnapshot | undefined, name: string) => now?.verified.includes(name) ?? false;
  const whole = await seeWithin(verifiedMaxMs, (now) => before.verified.every((name) => isVerified(now, name)));
  const last = whole ?? (await snapshot());
  return {
    killedPid: before.pid,
    pid: next.pid,
    backAfterMs,
    tunnels: before.verified,
    verifiedAfterMs: whole === undefined ? null : sinceKillMs(),
    notVerified: before.verified.filter((name) => !isVerified(last, name)),
  };

  async function seeWithin(maxMs: number, isSeen: (now: DaemonSnapshot | undefined) => boolean): Promise<DaemonSnapshot | undefined> {
    const deadlineMs = pace.monotonicMs() + maxMs;
    for (;;) {
      const now = await snapshot();
      if (now !== undefined && isSeen(now)) return now;
      if (pace.monotonicMs() > deadlineMs || !(await pace.sleep(lookEveryMs, signal))) return undefined;
    }
  }
}

const startHint = "Start it: `clawtunnel service start`.";

/** A daemon that nobody starts again is not killed. */
async function refuseUnwatched(service: Service, daemon: DaemonAnswer, { run }: ProofHands): Promise<void> {
  const title = managerTitles[service.manager];
  if (isUnwatched(service))
    throw new Failure("service-unavailable", `${title} starts the daemon at boot, and not after a crash: it was left alone`, {
      hint: "Where a machine has systemd, `clawtunnel install` without --cron lets it do so.",
    });
  if (!isRunBy(service, await lookAt(service, run), daemon))
    throw new Failure(
      "service-unavailable",
      `the daemon (pid ${daemon.pid}) is not run by ${title}, which would not start it again: it was left alone`,
      {
        hint: "Hand it over: `clawtunnel service start`.",
      },
    );
}

async function notBack(service: Service, pid: number, waitedMs: number, { run }: ProofHands): Promise<Failure> {
  const says = describeReport(await lookAt(service, run));
  const title = managerTitles[service.manager];
  return new Failure(
    "service-not-up",
    `the daemon (pid ${pid}) was killed, and ${waitedMs} ms later none is back; ${title} says: ${says}`,
    {
      hint: `${startHint} Why it did not: ${service.logHint}`,
    },
  );
}
