import * as v from "valibot";
import type { DaemonStatus, ShutdownRequest, StatusReport, TunnelDetails } from "../api/contract.js";
import { apiVersion } from "../api/contract.js";
import type { ApiReply, Route } from "../api/server.js";
import { Failure } from "../base/failure.js";
import type { TunnelStatus } from "../tunnel/status.js";
import { readPromptAnswer } from "./answer-prompt.js";
import { checkBody, emptyBody } from "./check-body.js";
import { streamEvents } from "./event-stream.js";
import type { History } from "./history/history.js";
import { reportHistory } from "./history/report.js";
import { followLines, isLineOf, readLastLines } from "./log/log-reader.js";
import { metricsContentType, renderMetrics } from "./metrics.js";
import type { Secrets } from "./people/secrets.js";
import type { Supervisor } from "./supervisor.js";

export interface RoutesContext {
  readonly supervisor: Supervisor;
  readonly history: History;
  readonly secrets: Secrets;
  readonly logFile: string;
  readonly daemonStatus: () => DaemonStatus;
  readonly shutdown: (request: ShutdownRequest) => void;
}

const agentSocket = v.exactOptional(v.pipe(v.string(), v.maxLength(4096)));
const attended = v.exactOptional(v.boolean());
const createBody = v.strictObject({
  name: v.exactOptional(v.string()),
  tunnel: v.unknown(),
  once: v.exactOptional(v.boolean()),
  agentSocket,
  attended,
});
const upBody = v.strictObject({ agentSocket, attended, onPortBusy: v.exactOptional(v.picklist(["hold", "next", "replace"])) });
const restartBody = v.strictObject({ attended });
const keyBody = v.strictObject({ line: v.pipe(v.string(), v.maxLength(16_384)), identity: v.pipe(v.string(), v.maxLength(4_096)) });
const shutdownBody = v.strictObject({ handOver: v.exactOptional(v.boolean()) });

/** Every route of the control API. What a body may hold is said here, and nothing else is let in. */
export function apiRoutes(context: RoutesContext): Route[] {
  const { supervisor, history, secrets, logFile, daemonStatus, shutdown } = context;
  const done = (): ApiReply => ({ json: { ok: true } });
  const name = (params: readonly string[]) => params[0] ?? "";
  return [
    { method: "GET", path: "/v1/status", run: async () => ({ json: status(daemonStatus(), await supervisor.reportNow()) }) },
    { method: "GET", path: "/v1/events", run: ({ query, signal }) => streamEvents(supervisor, history, query, signal) },
    { method: "GET", path: "/v1/history", run: ({ query }) => readHistory(context, query) },
    {
      method: "POST",
      path: "/v1/tunnels",
      run: async ({ body }) => ({ status: 201, json: { name: await supervisor.create(checkBody(createBody, body)) } }),
    },
    {
      method: "GET",
      path: "/v1/tunnels/:name",
      run: async ({ params }) => ({ json: { spec: supervisor.tunnel(name(params)).runner.spec } satisfies TunnelDetails }),
    },
    {
      method: "POST",
      path: "/v1/tunnels/:name/up",
      run: ({ params, body }) => {
        supervisor.up(name(params), checkBody(upBody, body));
        return done();
      },
    },
    {
      method: "POST",
      path: "/v1/tunnels/:name/down",
      run: ({ params, body }) => {
        checkBody(emptyBody, body);
        supervisor.down(name(params));
        return done();
      },
    },
    {
      method: "POST",
      path: "/v1/tunnels/:name/restart",
      run: ({ params, body }) => {
        supervisor.restart(name(params), checkBody(restartBody, body));
        return done();
      },
    },
    {
      method: "POST",
      path: "/v1/tunnels/:name/key",
      run: async ({ params, body }) => {
        const request = checkBody(keyBody, body);
        const { installKey } = await import("./keys/install-key.js");
        return { json: await installKey(supervisor.tunnel(name(params)), request) };
      },
    },
    { method: "DELETE", path: "/v1/tunnels/:name", run: async ({ params }) => supervisor.remove(name(params)).then(done) },
    {
      method: "POST",
      path: "/v1/prompts/:id",
      run: async ({ params, body }) => supervisor.answer(name(params), readPromptAnswer(body)).then(done),
    },
    {
      method: "POST",
      path: "/v1/forget",
      run: async ({ body }) => {
        checkBody(emptyBody, body);
        return { json: await secrets.forget() };
      },
    },
    { method: "GET", path: "/v1/logs", run: ({ query, signal }) => streamLogs(logFile, query, signal) },
    {
      method: "POST",
      path: "/v1/shutdown",
      run: ({ body }) => {
        const request = checkBody(shutdownBody, body);
        setImmediate(() => shutdown(request));
        return done();
      },
    },
    { method: "GET", path: "/livez", run: () => ({ text: "ok\n", contentType: "text/plain" }) },
    { method: "GET", path: "/readyz", run: async () => ready((await supervisor.reportNow()).filter(({ phase }) => phase !== "stopped")) },
    { method: "GET", path: "/readyz/:name", run: async ({ params }) => ready([find(await supervisor.reportNow(), name(params))]) },
    { method: "GET", path: "/metrics", run: () => ({ text: renderMetrics(supervisor.report()), contentType: metricsContentType }) },
  ];
}

function status(daemon: DaemonStatus, tunnels: readonly TunnelStatus[]): StatusReport {
  return { apiVersion, daemon, tunnels };
}

/** 200 when every tunnel asked about is verified, else 503 with the ones that are not. */
function ready(tunnels: readonly TunnelStatus[]): ApiReply {
  const notReady = tunnels
    .filter(({ health }) => health !== "verified")
    .map(({ name, phase, health, reason }) => ({ name, phase, health, reason }));
  return { status: notReady.length === 0 ? 200 : 503, json: { ready: notReady.length === 0, notReady } };
}

function find(tunnels: readonly TunnelStatus[], name: string): TunnelStatus {
  const found = tunnels.find((tunnel) => tunnel.name === name);
  if (found === undefined) throw new Failure("tunnel-unknown", `there is no tunnel named "${name}"`);
  return found;
}

/** Of one tunnel or of all, with the last `n` outages of each. */
function readHistory({ supervisor, history }: RoutesContext, query: URLSearchParams): ApiReply {
  const existing = supervisor.report().map(({ name }) => name);
  const question = { tunnel: query.get("tunnel") ?? undefined, outagesMax: readCount(query, "10", "outages"), existing };
  return { json: reportHistory(history.read(), { ...question, nowMs: Date.now(), diedAtMs: null }) };
}

function streamLogs(path: string, query: URLSearchParams, signal: AbortSignal): ApiReply {
  const count = readCount(query, "100", "lines");
  const isWanted = isLineOf(query.get("tunnel") ?? undefined);
  return {
    stream: async (response) => {
      response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
      for (const line of await readLastLines(path, count, isWanted)) response.write(`${line}\n`);
      if (query.has("follow")) for await (const line of followLines(path, signal)) if (isWanted(line)) response.write(`${line}\n`);
      response.end();
    },
  };
}

function readCount(query: URLSearchParams, otherwise: string, what: string): number {
  const count = Number(query.get("n") ?? otherwise);
  if (!Number.isInteger(count) || count < 0) throw new Failure("request-invalid", `n must be a number of ${what}`);
  return count;
}
