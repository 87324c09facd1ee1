import type { SleepSpan } from "../../api/history.js";
import type { OutageStatus } from "../../tunnel/status.js";
import { describeDuration } from "../duration.js";
import { fix, type Verdict, warning } from "./diagnosis.js";
import type { TunnelFacts } from "./facts.js";

const dayMs = 24 * 60 * 60 * 1000;
/** So many outages of one kind are a habit. */
const habit = 3;
/** Sessions whose lengths are within this of each other are ended by a rule, not by the weather. */
const similarFactor = 1.5;
/** A wake that takes longer than this was noticed by nobody. */
const slowMs = 60_000;

const cutCodes: ReadonlySet<string> = new Set(["peer-closed", "peer-silent", "connection-reset", "server-disconnected", "ssh-ended"]);

/** What the history says of a tunnel that comes and goes. Pure. */
export function judgeOutages({ history, sleeps, name, nowMs, isServiceInstalled }: TunnelFacts): Verdict | undefined {
  if (history === null) return undefined;
  const recent = history.outages.filter(({ endedAt }) => nowMs - Date.parse(endedAt) < dayMs);
  return judgeCuts(recent) ?? judgeDeaths(recent, isServiceInstalled) ?? judgeSleeps(recent, sleeps, name);
}

/** The same length again and again: an idle limit, a NAT that forgets, or two clients that throw each other out. */
function judgeCuts(outages: readonly OutageStatus[]): Verdict | undefined {
  const cuts = outages.filter(({ cause }) => cutCodes.has(cause));
  const lives = cuts.slice(0, -1).map((outage, index) => Date.parse(outage.startedAt) - Date.parse(cuts[index + 1]?.endedAt ?? ""));
  if (cuts.length < habit || lives.length === 0) return undefined;
  const [shortest, longest] = [Math.min(...lives), Math.max(...lives)];
  if (shortest <= 0 || longest > shortest * similarFactor) return undefined;
  const causes = [...new Set(cuts.map(({ cause }) => cause))].join(", ");
  return warning(
    "often-cut",
    `${cuts.length} sessions in a day ended after about ${describeDuration(longest)} each (${causes})`,
    fix(
      "a limit for idle sessions on the server, or a firewall that forgets: on the server",
      "sudo sshd -T | grep -iE 'clientalive|channeltimeout|unusedconnection'",
    ),
    fix("have the server asked more often than the limit: in the config", '"keepaliveIntervalMs": 5000'),
    fix("or another client that uses the same log-in and ends this one: on the server", "who"),
  );
}

function judgeDeaths(outages: readonly OutageStatus[], isServiceInstalled: boolean): Verdict | undefined {
  const deaths = outages.filter(({ cause }) => cause === "daemon-died");
  if (deaths.length === 0 || isServiceInstalled) return undefined;
  return warning(
    "died-unattended",
    `the daemon ended ${deaths.length === 1 ? "once" : `${deaths.length} times`} in a day and nothing started it again (a logout, a reboot, a sleep)`,
    fix("have the system keep it", "clawtunnel install"),
  );
}

/** An outage that a sleep began, or lay in, and that went on long after the wake. */
function judgeSleeps(outages: readonly OutageStatus[], sleeps: readonly SleepSpan[], name: string): Verdict | undefined {
  const slowness = outages.flatMap(({ startedAt, endedAt }) => {
    const woke = sleeps
      .map((sleep) => Date.parse(sleep.endedAt))
      .find((atMs) => Math.abs(atMs - Date.parse(startedAt)) < slowMs || (atMs > Date.parse(startedAt) && atMs < Date.parse(endedAt)));
    return woke === undefined ? [] : [Date.parse(endedAt) - woke];
  });
  const slowest = Math.max(0, ...slowness);
  if (slowest <= slowMs) return undefined;
  return warning(
    "slow-after-sleep",
    `after a sleep of this machine it took up to ${describeDuration(slowest)} to come back`,
    fix("see what it waited for: the network, a name, an agent that the sleep has locked", `clawtunnel logs ${name} -n 200`),
  );
}
