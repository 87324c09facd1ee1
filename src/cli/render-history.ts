import type { HistoryReport, TunnelHistory } from "../api/history.js";
import { printable } from "../base/text.js";
import type { NoticedBy } from "../tunnel/noticed-by.js";
import { describeDuration } from "./duration.js";
import type { Style } from "./output.js";

/** `history` for people. Every word makes sense without colour. */
export function renderHistory({ since, tunnels }: HistoryReport, nowMs: number, style: Style): string {
  const lines = tunnels.flatMap((tunnel) => renderTunnelHistory(tunnel, nowMs, style));
  if (tunnels.length === 0) lines.push("nothing recorded yet; open a tunnel with: clawtunnel up user@host");
  else if (since !== null) lines.push(style.soft(`recorded since ${shortTime(since)}`));
  return lines.join("\n");
}

/** One tunnel: its uptimes, what its outages came to, and the last of them, newest first. */
export function renderTunnelHistory(tunnel: TunnelHistory, nowMs: number, style: Style): string[] {
  const { name, uptime, openOutage, outages } = tunnel;
  const { day, week, month } = uptime;
  const shares = [percent(day, "last day"), percent(week, "week"), percent(month, "month")].filter((share) => share !== undefined);
  if (shares.length === 0) return [`${style.strong(oneLine(name))}  not wanted in the last month`, ...outages.map(renderOutage)];
  const lines = [`${style.strong(oneLine(name))}  up ${shares.join(", ")}`, `  ${countOutages(tunnel)}`];
  if (openOutage !== null) {
    const { startedAt, cause, noticedBy } = openOutage;
    const length = describeDuration(nowMs - Date.parse(startedAt));
    lines.push(`  ${style.bad(`${shortTime(startedAt)}  goes on for ${length}  ${oneLine(cause)}, ${noticedWords[noticedBy]}`)}`);
  }
  return [...lines, ...outages.map(renderOutage)];
}

function renderOutage({ startedAt, durationMs, cause, noticedBy }: TunnelHistory["outages"][number]): string {
  return `  ${shortTime(startedAt)}  ${describeDuration(durationMs)}  ${oneLine(cause)}, ${noticedWords[noticedBy]}`;
}

const noticedWords: Readonly<Record<NoticedBy, string>> = {
  socket: "seen as the connection ended",
  keepalive: "seen as a keepalive stayed unanswered",
  probe: "seen as a suspected server stayed silent",
  health: "seen in a health check",
  "daemon-start": "seen as the daemon started again",
};

/** The words of a file that anyone may have written to. */
function oneLine(text: string): string {
  return printable(text).replaceAll("\n", "\\u{a}");
}

function countOutages({ outageCount: { month }, meanTimeToRecoverMs }: TunnelHistory): string {
  if (month === 0) return "no outage in the month";
  const count = `${month} outage${month === 1 ? "" : "s"} in the month`;
  return meanTimeToRecoverMs === null ? count : `${count}, back after ${describeDuration(meanTimeToRecoverMs)} on average`;
}

/** Rounded down, so that only what was never down is 100 %. Undefined where the tunnel was not wanted. */
function percent(share: number | null, window: string): string | undefined {
  if (share === null) return undefined;
  return `${share === 1 ? "100" : (Math.floor(share * 10_000) / 100).toFixed(2)} % of the ${window}`;
}

/** To the second, in UTC, as the log has it. */
function shortTime(iso: string): string {
  return iso.replace(/\.\d+Z$/, "Z");
}
