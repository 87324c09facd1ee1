import { describeDuration } from "../duration.js";
import { describeMoment } from "../wall-time.js";
import { commandsFor } from "./commands.js";
import { broken, fix, ok, unknown, type Verdict, warning } from "./diagnosis.js";
import type { TunnelFacts } from "./facts.js";
import { judgeOutages } from "./judge-outages.js";

/** Whether the daemon runs, answers, and is of this version; `name` is empty where there is no tunnel to open. Pure. */
export function judgeDaemon({ daemon, name, platform }: Pick<TunnelFacts, "daemon" | "name" | "platform">): Verdict {
  if (daemon.state === "running") {
    const { pid, version, socket } = daemon.status;
    if (version === daemon.ownVersion) return ok(`${version} runs (pid ${pid})`);
    return warning(
      "daemon-other-version",
      `it is still ${version} (pid ${pid}, ${socket}), and this is ${daemon.ownVersion}`,
      fix("let the new one take over; tunnels stay", "clawtunnel restart --daemon"),
    );
  }
  const { failure, pid } = daemon;
  if (failure.code === "daemon-not-running") {
    if (name === "") return ok("not running; nothing asks for it");
    return broken("daemon-not-running", "it is not running, so nothing is open", fix("open the tunnel", `clawtunnel up ${name}`));
  }
  const end = pid === null ? [] : [commandsFor(platform).endProcess(pid)];
  const who = pid === null ? "" : ` (pid ${pid})`;
  return broken(failure.code, `${failure.message}${who}`, fix("end it and start anew", ...end, "clawtunnel up"));
}

/** Pure. */
export function judgeConfig({ config: { path, failure }, status }: Pick<TunnelFacts, "config" | "status">): Verdict {
  if (failure === null) return ok(path);
  const mend = fix("mend the file, and have it checked", "clawtunnel config check");
  // The daemon goes on with what it has read before.
  return status === null ? broken(failure.code, failure.message, mend) : warning(failure.code, `not in force: ${failure.message}`, mend);
}

/** The first step, where there is no tunnel yet. Pure. */
export function judgeNoTunnel(): Verdict {
  const openclaw = fix("open the first, to the OpenClaw gateway of a server", "clawtunnel up USER@HOST");
  return { ...ok("there is none yet"), todo: [openclaw, fix("or to any port", "clawtunnel up USER@HOST -L 8080:127.0.0.1:80")] };
}

/** Whether the tunnel is wanted, and how it has done lately. Pure. */
export function judgeTunnel(facts: TunnelFacts): Verdict {
  const { status, name, daemon, nowMs } = facts;
  if (status === null) {
    if (daemon.state !== "running") return unknown("what is open is known to the daemon alone");
    return broken("tunnel-unknown", "the daemon does not know it", fix("have the config read again", "clawtunnel restart --daemon"));
  }
  const since = describeDuration(nowMs - Date.parse(status.healthSince ?? status.since));
  switch (status.phase) {
    case "stopped": {
      const open = fix("open it", `clawtunnel up ${name}`);
      if (status.reason !== "schedule") return broken("tunnel-down", `it was taken down ${since} ago, and stays down until \`up\``, open);
      const next = status.schedule?.nextUpAt ?? null;
      const until = next === null ? "" : `; it opens at ${describeMoment(next, nowMs)}`;
      return broken("down-by-schedule", `its schedule has it down${until}`, open);
    }
    case "up":
      return judgeOutages(facts) ?? ok(`up, ${status.health === "unknown" ? "not verified yet" : status.health} for ${since}`);
    case "held":
      return unknown(`held for ${since}: it waits for a person`);
    case "waiting":
    case "connecting": {
      const next =
        status.nextRetryAt === null
          ? "connecting now"
          : `tries again in ${describeDuration(Math.max(0, Date.parse(status.nextRetryAt) - nowMs))}`;
      return judgeOutages(facts) ?? unknown(`not open: ${next} (try ${status.attempt + 1})`);
    }
  }
}
