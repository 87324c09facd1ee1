import { describe, expect, it } from "vitest";
import { renderMetrics } from "../../../src/daemon/metrics.js";
import { forwardStatus, tunnelStatus } from "../fixtures/tunnel-status.js";

const samples = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

describe("the metrics", () => {
  it("are the Prometheus text format, with forwards added up", () => {
    const forwards = [
      forwardStatus({ connections: { open: 2, total: 9, waiting: 0 }, bytesIn: 100, bytesOut: 7 }),
      forwardStatus({ connections: { open: 1, total: 1, waiting: 3 }, bytesIn: 23, bytesOut: 0 }),
    ];
    expect(renderMetrics([tunnelStatus({ rttMs: 41.2, reconnects: 3, forwards })])).toBe(`\
# HELP clawtunnel_tunnel_up 1 while the session and its listeners stand.
# TYPE clawtunnel_tunnel_up gauge
clawtunnel_tunnel_up{tunnel="db"} 1
# HELP clawtunnel_tunnel_verified 1 while an answer came back through every forward.
# TYPE clawtunnel_tunnel_verified gauge
clawtunnel_tunnel_verified{tunnel="db"} 1
# HELP clawtunnel_tunnel_held 1 while the tunnel needs a person.
# TYPE clawtunnel_tunnel_held gauge
clawtunnel_tunnel_held{tunnel="db"} 0
# HELP clawtunnel_tunnel_reconnects_total Lost sessions that were replaced.
# TYPE clawtunnel_tunnel_reconnects_total counter
clawtunnel_tunnel_reconnects_total{tunnel="db"} 3
# HELP clawtunnel_tunnel_round_trip_seconds Round trip of the last keepalive.
# TYPE clawtunnel_tunnel_round_trip_seconds gauge
clawtunnel_tunnel_round_trip_seconds{tunnel="db"} 0.0412
# HELP clawtunnel_tunnel_connections Open connections.
# TYPE clawtunnel_tunnel_connections gauge
clawtunnel_tunnel_connections{tunnel="db"} 3
# HELP clawtunnel_tunnel_in_bytes_total Bytes from the server.
# TYPE clawtunnel_tunnel_in_bytes_total counter
clawtunnel_tunnel_in_bytes_total{tunnel="db"} 123
# HELP clawtunnel_tunnel_out_bytes_total Bytes to the server.
# TYPE clawtunnel_tunnel_out_bytes_total counter
clawtunnel_tunnel_out_bytes_total{tunnel="db"} 7
# HELP clawtunnel_forward_ok 1 while somebody listens for the forward and its last check was good.
# TYPE clawtunnel_forward_ok gauge
clawtunnel_forward_ok{tunnel="db",kind="local",bind="127.0.0.1:5432"} 1
clawtunnel_forward_ok{tunnel="db",kind="local",bind="127.0.0.1:5432"} 1
`);
  });

  it("have no round trip where none was measured, rather than a zero", () => {
    expect(renderMetrics([tunnelStatus({ rttMs: null })])).not.toContain("round_trip_seconds{");
  });

  it.each([
    ["held", "unknown", 'clawtunnel_tunnel_held{tunnel="db"} 1'],
    ["up", "degraded", 'clawtunnel_tunnel_verified{tunnel="db"} 0'],
    ["waiting", "unknown", 'clawtunnel_tunnel_up{tunnel="db"} 0'],
  ] as const)("tell a tunnel that is %s and %s", (phase, health, sample) => {
    expect(samples(renderMetrics([tunnelStatus({ phase, health })]))).toContain(sample);
  });

  it("tell of each forward whether it does its work, and escape what a path may hold", () => {
    const health = { state: "failing", detail: null, checkedAt: null, code: null } as const;
    const forwards = [
      forwardStatus({ kind: "remote", wantedBind: "localhost:9000", health }),
      forwardStatus({ kind: "dynamic", wantedBind: '/tmp/a"\\b', to: null }),
      forwardStatus({ listening: false }),
    ];
    expect(samples(renderMetrics([tunnelStatus({ forwards })])).slice(-3)).toEqual([
      'clawtunnel_forward_ok{tunnel="db",kind="remote",bind="localhost:9000"} 0',
      'clawtunnel_forward_ok{tunnel="db",kind="dynamic",bind="/tmp/a\\"\\\\b"} 1',
      'clawtunnel_forward_ok{tunnel="db",kind="local",bind="127.0.0.1:5432"} 0',
    ]);
  });

  it("explain each metric once, however many tunnels there are", () => {
    const text = renderMetrics([tunnelStatus(), tunnelStatus({ name: "web" })]);
    const types = text.split("\n").filter((line) => line.startsWith("# TYPE"));
    expect(new Set(types).size).toBe(types.length);
    expect(samples(text)).toContain('clawtunnel_tunnel_up{tunnel="web"} 1');
  });

  it("are still text that Prometheus takes when there is no tunnel", () => {
    const text = renderMetrics([]);
    expect(samples(text)).toEqual([]);
    expect(text.endsWith("\n")).toBe(true);
  });
});
