import type { ForwardStatus, TunnelStatus } from "../tunnel/status.js";

interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly value: (tunnel: TunnelStatus) => number | null;
}

const sum = (tunnel: TunnelStatus, read: (forward: TunnelStatus["forwards"][number]) => number) =>
  tunnel.forwards.reduce((total, forward) => total + read(forward), 0);

const metrics: readonly Metric[] = [
  {
    name: "clawtunnel_tunnel_up",
    type: "gauge",
    help: "1 while the session and its listeners stand.",
    value: ({ phase }) => Number(phase === "up"),
  },
  {
    name: "clawtunnel_tunnel_verified",
    type: "gauge",
    help: "1 while an answer came back through every forward.",
    value: ({ health }) => Number(health === "verified"),
  },
  {
    name: "clawtunnel_tunnel_held",
    type: "gauge",
    help: "1 while the tunnel needs a person.",
    value: ({ phase }) => Number(phase === "held"),
  },
  {
    name: "clawtunnel_tunnel_reconnects_total",
    type: "counter",
    help: "Lost sessions that were replaced.",
    value: ({ reconnects }) => reconnects,
  },
  {
    name: "clawtunnel_tunnel_round_trip_seconds",
    type: "gauge",
    help: "Round trip of the last keepalive.",
    value: ({ rttMs }) => (rttMs === null ? null : rttMs / 1000),
  },
  {
    name: "clawtunnel_tunnel_connections",
    type: "gauge",
    help: "Open connections.",
    value: (tunnel) => sum(tunnel, (forward) => forward.connections.open),
  },
  {
    name: "clawtunnel_tunnel_in_bytes_total",
    type: "counter",
    help: "Bytes from the server.",
    value: (tunnel) => sum(tunnel, ({ bytesIn }) => bytesIn),
  },
  {
    name: "clawtunnel_tunnel_out_bytes_total",
    type: "counter",
    help: "Bytes to the server.",
    value: (tunnel) => sum(tunnel, ({ bytesOut }) => bytesOut),
  },
];

const forwardOk = {
  name: "clawtunnel_forward_ok",
  help: "1 while somebody listens for the forward and its last check was good.",
} as const;

export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

/** The Prometheus text format, version 0.0.4. Tunnel names need no escaping: their pattern has no quote and no backslash. */
export function renderMetrics(tunnels: readonly TunnelStatus[]): string {
  const blocks = metrics.map(({ name, type, help, value }) => {
    const samples = tunnels.flatMap((tunnel) => {
      const number = value(tunnel);
      return number === null ? [] : [`${name}{tunnel="${tunnel.name}"} ${number}`];
    });
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples].join("\n");
  });
  const forwards = tunnels.flatMap((tunnel) =>
    tunnel.forwards.filter(({ optional }) => !optional).map((forward) => forwardSample(tunnel.name, forward)),
  );
  blocks.push([`# HELP ${forwardOk.name} ${forwardOk.help}`, `# TYPE ${forwardOk.name} gauge`, ...forwards].join("\n"));
  return `${blocks.join("\n")}\n`;
}

function forwardSample(tunnel: string, { kind, wantedBind, listening, health }: ForwardStatus): string {
  // A socket's path may hold anything; a label has these three escapes.
  const bind = wantedBind.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
  return `${forwardOk.name}{tunnel="${tunnel}",kind="${kind}",bind="${bind}"} ${Number(listening && health.state === "ok")}`;
}
