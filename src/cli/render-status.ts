import type { StatusReport } from "../api/contract.js";
import { foreign } from "../base/text.js";
import { promptHint } from "../tunnel/prompt-hint.js";
import type { ForwardStatus, RenewalStatus, TunnelStatus } from "../tunnel/status.js";
import { describeDuration } from "./duration.js";
import { ordinal } from "./ordinal.js";
import { printableStyled, type Style } from "./output.js";
import { describeMoment } from "./wall-time.js";

/** `status` for people. Every word makes sense without colour. */
export function renderStatus({ daemon, tunnels }: StatusReport, nowMs: number, style: Style): string {
  const lines = tunnels.flatMap((tunnel) => renderTunnel(tunnel, nowMs, style));
  if (tunnels.length === 0) lines.push("no tunnels yet; open one with: clawtunnel up user@host");
  if (daemon.config.failure !== null)
    lines.push(style.bad(`config not in force: ${daemon.config.failure.message}`), `  ${daemon.config.failure.hint}`);
  if (daemon.log.failure !== null) lines.push(style.bad(`the log cannot be written: ${daemon.log.failure} (${daemon.log.path})`));
  if (daemon.state.failure !== null) {
    const what = "what was asked up and down cannot be written, and a new daemon would not know it";
    lines.push(style.bad(`${what}: ${daemon.state.failure} (${daemon.state.path})`));
  }
  if (daemon.crypto === "javascript") {
    lines.push(
      style.soft("ssh2's compiled crypto is missing: bulk transfers are slow. Install a C++ compiler and run `npm rebuild ssh2`."),
    );
  }
  return lines.join("\n");
}

/** One tunnel: a line that says what is true, one for each forward, and what to do when something is to be done. */
export function renderTunnel(tunnel: TunnelStatus, nowMs: number, style: Style): string[] {
  const since = describeDuration(nowMs - Date.parse(tunnel.healthSince ?? tunnel.since));
  const extras = [
    tunnel.targetIndex === 0 ? undefined : `${ordinal(tunnel.targetIndex + 1)} of ${tunnel.targets.length} targets`,
    tunnel.engine === "ssh2" ? undefined : tunnel.engine,
    tunnel.rttMs === null ? undefined : `${tunnel.rttMs} ms`,
    tunnel.reconnects > 0 ? `${tunnel.reconnects} reconnect${tunnel.reconnects === 1 ? "" : "s"}` : undefined,
    tunnel.saved ? undefined : "not saved",
  ].filter((extra) => extra !== undefined);
  const head = `${style.strong(tunnel.name)}  ${stateWord(tunnel, style)} for ${since}  ${tunnel.target}${extras.length > 0 ? style.soft(`  (${extras.join(", ")})`) : ""}`;
  const lines = [
    head,
    ...tunnel.forwards.filter(({ optional, listening }) => !optional || listening).flatMap((forward) => renderForward(forward, style)),
  ];
  if (tunnel.engineReason !== null && tunnel.engineReason !== "asked for") lines.push(`  by ${tunnel.engine}: ${tunnel.engineReason}`);
  for (const warning of tunnel.warnings) lines.push(`  ${style.bad(`warning: ${warning}`)}`);
  lines.push(...renderExposure(tunnel, style), ...renderPrompt(tunnel, style));
  if (tunnel.failure !== null) {
    // A service's failure stands beside its forward already.
    if (tunnel.phase !== "up") lines.push(`  ${style.bad(tunnel.failure.message)}`);
    lines.push(`  ${tunnel.failure.hint}`);
  }
  // What of it makes the tunnel degraded stands there already.
  if (tunnel.failure === null && tunnel.gateway?.deep?.state === "stopped") lines.push(`  deep check: ${tunnel.gateway.deep.detail}`);
  if (tunnel.phase === "stopped") lines.push(...renderStop(tunnel, nowMs));
  if (tunnel.renewal !== null) lines.push(...renderRenewal(tunnel.name, tunnel.renewal, style));
  if (tunnel.nextRetryAt !== null) lines.push(`  next try in ${describeDuration(Math.max(0, Date.parse(tunnel.nextRetryAt) - nowMs))}`);
  return lines.map(printableStyled);
}

/** The worst that the last audit found, and where there is more of it. */
function renderExposure({ name, exposure }: TunnelStatus, style: Style): string[] {
  const [worst, ...others] = exposure?.findings ?? [];
  if (exposure === null || worst === undefined) return [];
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  const line = `${exposure.verdict === "exposed" ? "exposed" : "audit"}: ${foreign(worst.title)}${more}`;
  return [`  ${worst.severity === "critical" ? style.bad(line) : style.soft(line)}`, `  See \`clawtunnel audit ${name}\`.`];
}

/** What a log-in waits for. What a held tunnel asks is told by its failure. */
function renderPrompt({ name, prompt }: TunnelStatus, style: Style): string[] {
  if (prompt?.kind !== "secret" && prompt?.kind !== "notice") return [];
  return [`  ${style.bad(`${prompt.kind === "secret" ? "asks" : "waits"}: ${foreign(prompt.text)}`)}`, `  ${promptHint(name, prompt)}`];
}

/** A session that was to take over, and did not: the one that stood goes on. A doubted peer is told in the state's own word. */
function renderRenewal(name: string, { failure, reason }: RenewalStatus, style: Style): string[] {
  if (reason === "peer-doubted") return [];
  // Whoever is at that address is none of the person's business as long as another target works.
  if (reason === "preferred-target") return failure === null ? [] : [`  not back at a better target: ${failure.message}`];
  if (failure === null) return ["  a new session is being opened beside the one that stands"];
  // `up` has nothing to do for a tunnel that stands.
  const hint = failure.hint.replaceAll(`clawtunnel up ${name}`, `clawtunnel restart ${name}`);
  return [`  ${style.bad(`no new session: ${failure.message}; the one that stands goes on`)}`, `  ${hint}`];
}

/** Who keeps the tunnel down, where a schedule has a say in it, and until when. */
function renderStop({ name, reason, schedule }: TunnelStatus, nowMs: number): string[] {
  const nextUpAt = schedule?.nextUpAt ?? null;
  if (reason === "schedule")
    return [`  down by its schedule; ${nextUpAt === null ? `open it: clawtunnel up ${name}` : `up at ${describeMoment(nextUpAt, nowMs)}`}`];
  return nextUpAt === null ? [] : [`  its schedule opens it at ${describeMoment(nextUpAt, nowMs)}`];
}

function renderForward(forward: ForwardStatus, style: Style): string[] {
  const { open, waiting } = forward.connections;
  const connections = [open > 0 ? `${open} open` : undefined, waiting > 0 ? `${waiting} waiting` : undefined].filter(
    (part) => part !== undefined,
  );
  const detail = [forward.health.detail, forward.listening ? undefined : "not listening", ...connections].filter((part) => part != null);
  const lines = [`  ${describeWay(forward)}${detail.length > 0 ? `  ${detail.join(", ")}` : ""}`];
  if (forward.warning !== null) lines.push(`  ${style.bad(`warning: ${forward.warning}`)}`);
  return lines;
}

function describeWay({ kind, url, to, resolvedTo }: ForwardStatus): string {
  switch (kind) {
    case "local":
      return `${url} -> ${to}${resolvedTo === null ? "" : ` (${resolvedTo})`}`;
    case "remote":
      return `${url} on the server -> ${to} here`;
    case "dynamic":
      return `${url} -> wherever the server reaches`;
  }
}

/** The phase and health in one word that a person understands: what you can rely on now. */
function stateWord({ phase, reason, health, attempt }: TunnelStatus, style: Style): string {
  if (phase !== "up")
    return phase === "held" || phase === "waiting" ? style.bad(phase) : `${phase}${attempt > 0 ? ` (try ${attempt + 1})` : ""}`;
  switch (health) {
    case "verified":
      return style.good("verified");
    case "degraded":
      return style.bad("degraded");
    case "unknown":
      return reason === "peer-doubted" ? style.bad("up, but the server does not answer,") : "up, not verified yet,";
  }
}
