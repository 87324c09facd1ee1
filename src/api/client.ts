import type { IncomingMessage } from "node:http";
import { deadlineSignal } from "../base/abort.js";
import { Failure, type FailureReport } from "../base/failure.js";
import { systemErrorCode } from "../base/system-error.js";
import type { AuditReport } from "../openclaw/audit/report.js";
import type { ServerExamination } from "../openclaw/examine/report.js";
import type { HardenOutcome, HardenPlan, HardenProgress } from "../openclaw/harden/report.js";
import type {
  ClientConfigured,
  ConfigureClient,
  CreateTunnel,
  ErrorReply,
  Forgotten,
  HardenRequest,
  InstallKey,
  KeyInstalled,
  PromptAnswer,
  RestartRequest,
  ShutdownRequest,
  StatusReport,
  TunnelChange,
  TunnelCreated,
  TunnelDetails,
  UpRequest,
} from "./contract.js";
import type { HistoryRecord, HistoryReport } from "./history.js";
import { readText, request } from "./request.js";

export interface DaemonClientOptions {
  /** Where else a daemon may listen, asked when nobody does at the endpoint. */
  readonly otherEndpoint?: () => string | undefined | Promise<string | undefined>;
  /** A daemon that accepts a request and says nothing for so long is stuck. */
  readonly answerTimeoutMs?: number;
}

/** Two looks at the server follow one another, ten seconds each at most. */
const auditMaxMs = 45_000;
/** The server is asked many things, and each has its own deadline. */
const examineMaxMs = 30_000;
/** More than the daemon itself gives it. */
const installKeyMaxMs = 120_000;
/** A gateway that starts is waited for, and a server may be far away. */
const hardenPlanMaxMs = 90_000;

/** Nobody listens there: no socket file, or one that a crash has left. */
const nobodyThere = new Set(["ENOENT", "ECONNREFUSED"]);

/** The control API as functions. Every call throws `daemon-not-running` when nobody answers, or the Failure that the daemon told. */
export class DaemonClient {
  readonly #otherEndpoint: NonNullable<DaemonClientOptions["otherEndpoint"]>;
  readonly #answerTimeoutMs: number;
  #endpoint: string;

  constructor(endpoint: string, { otherEndpoint = () => undefined, answerTimeoutMs = 10_000 }: DaemonClientOptions = {}) {
    this.#endpoint = endpoint;
    this.#otherEndpoint = otherEndpoint;
    this.#answerTimeoutMs = answerTimeoutMs;
  }

  async status(): Promise<StatusReport> {
    return this.#json("GET", "/v1/status");
  }

  async create(tunnel: CreateTunnel): Promise<TunnelCreated> {
    return this.#json("POST", "/v1/tunnels", tunnel);
  }

  async tunnel(name: string): Promise<TunnelDetails> {
    return this.#json("GET", `/v1/tunnels/${encodeURIComponent(name)}`);
  }

  async up(name: string, request: UpRequest): Promise<void> {
    await this.#json("POST", tunnelPath(name, "up"), request);
  }

  async down(name: string): Promise<void> {
    await this.#json("POST", tunnelPath(name, "down"), {});
  }

  async restart(name: string, request: RestartRequest = {}): Promise<void> {
    await this.#json("POST", tunnelPath(name, "restart"), request);
  }

  async configureClient(name: string, request: ConfigureClient): Promise<ClientConfigured> {
    return this.#json("POST", tunnelPath(name, "client"), request);
  }

  /** Looks at what is behind a tunnel that is up. Rejects with `session-gone` for one that is not. */
  async examine(name: string): Promise<ServerExamination> {
    return this.#json("POST", tunnelPath(name, "examine"), {}, examineMaxMs);
  }

  /** A command on the server, and a log-in for the proof. */
  async installKey(name: string, request: InstallKey): Promise<KeyInstalled> {
    return this.#json("POST", tunnelPath(name, "key"), request, installKeyMaxMs);
  }

  /** What it would change; nothing is. */
  async planHarden(name: string, wishes: Pick<HardenRequest, "restart"> = {}): Promise<HardenPlan> {
    return this.#json("POST", tunnelPath(name, "harden"), { dryRun: true, ...wishes } satisfies HardenRequest, hardenPlanMaxMs);
  }

  /** Each step as it is done, and the outcome last; the daemon goes on when `signal` aborts. */
  async *harden(name: string, request: HardenRequest, signal: AbortSignal): AsyncGenerator<HardenProgress | HardenOutcome> {
    for await (const line of this.#lines(tunnelPath(name, "harden"), signal, request))
      yield JSON.parse(line) as HardenProgress | HardenOutcome;
  }

  async remove(name: string): Promise<void> {
    await this.#json("DELETE", tunnelPath(name));
  }

  /** Looks at the server of one tunnel, or of every one that leads to an OpenClaw gateway. Takes up to half a minute. */
  async audit(name?: string): Promise<AuditReport[]> {
    if (name === undefined) return this.#json("POST", "/v1/audit", {}, auditMaxMs);
    return [await this.#json<AuditReport>("POST", tunnelPath(name, "audit"), {}, auditMaxMs)];
  }

  async answerPrompt(id: string, answer: PromptAnswer): Promise<void> {
    await this.#json("POST", `/v1/prompts/${encodeURIComponent(id)}`, answer);
  }

  async forget(): Promise<Forgotten> {
    return this.#json("POST", "/v1/forget", {});
  }

  async shutdown(request: ShutdownRequest = {}): Promise<void> {
    await this.#json("POST", "/v1/shutdown", request);
  }

  /** Resolves when the daemon answers at all. */
  async live(): Promise<void> {
    await this.#text("GET", "/livez");
  }

  /** Log lines as they stand in the file, oldest first; with `follow` those to come as well, until `signal` aborts. */
  logs(query: { lines: number; tunnel?: string; follow: boolean }, signal: AbortSignal): AsyncGenerator<string> {
    const search = new URLSearchParams({
      n: String(query.lines),
      ...(query.tunnel && { tunnel: query.tunnel }),
      ...(query.follow && { follow: "1" }),
    });
    return this.#lines(`/v1/logs?${search}`, signal);
  }

  /** Every tunnel as it is, then each change as it comes, until `signal` aborts. */
  events(signal: AbortSignal): AsyncGenerator<TunnelChange> {
    return this.#events("/v1/events", "tunnel", signal);
  }

  /** The records of the history from `sinceMs` on, if it is given, then each as it comes, until `signal` aborts. */
  records(sinceMs: number | undefined, signal: AbortSignal): AsyncGenerator<HistoryRecord> {
    return this.#events(`/v1/events?records${sinceMs === undefined ? "" : `&since=${Math.floor(sinceMs)}`}`, "record", signal);
  }

  /** Of one tunnel, or of all; with the last `outages` of each. */
  async history(query: { tunnel?: string; outages: number }): Promise<HistoryReport> {
    const search = new URLSearchParams({ n: String(query.outages), ...(query.tunnel !== undefined && { tunnel: query.tunnel }) });
    return this.#json("GET", `/v1/history?${search}`);
  }

  async *#events<T>(path: string, wanted: string, signal: AbortSignal): AsyncGenerator<T> {
    let name = "";
    for await (const line of this.#lines(path, signal)) {
      if (line.startsWith("event: ")) name = line.slice("event: ".length);
      if (line.startsWith("data: ") && name === wanted) yield JSON.parse(line.slice("data: ".length)) as T;
    }
  }

  async #json<T>(method: string, path: string, body?: object, timeoutMs = this.#answerTimeoutMs): Promise<T> {
    const text = await this.#text(method, path, body, timeoutMs);
    return JSON.parse(text === "" ? "null" : text) as T;
  }

  async #text(method: string, path: string, body?: object, timeoutMs = this.#answerTimeoutMs): Promise<string> {
    const deadline = deadlineSignal(timeoutMs);
    try {
      return await readText(await this.#send(method, path, body, deadline.signal));
    } finally {
      deadline.end();
    }
  }

  /** With a body it is a POST. */
  async *#lines(path: string, signal: AbortSignal, body?: object): AsyncGenerator<string> {
    let rest = "";
    try {
      const response = await this.#send(body === undefined ? "GET" : "POST", path, body, signal);
      response.setEncoding("utf8");
      for await (const chunk of response as AsyncIterable<string>) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        yield* lines;
      }
    } catch (error) {
      if (!signal.aborted && systemErrorCode(error) !== "ECONNRESET") throw error;
    }
  }

  async #send(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    const response = await this.#sendAnywhere(method, path, body, signal).catch((error: Error) => Promise.reject(this.#describe(error)));
    if ((response.statusCode ?? 500) < 400 || response.statusCode === 503) return response;
    throw reviveFailure((JSON.parse(await readText(response)) as ErrorReply).error);
  }

  async #sendAnywhere(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    const send = (endpoint: string) => request(endpoint, method, path, body, signal);
    try {
      return await send(this.#endpoint);
    } catch (error) {
      if (!nobodyThere.has(systemErrorCode(error) ?? "")) throw error;
      const other = await this.#otherEndpoint();
      if (other === undefined || other === this.#endpoint) throw error;
      const response = await send(other);
      this.#endpoint = other;
      return response;
    }
  }

  #describe(error: Error): Failure {
    if (error.name === "AbortError" || error.name === "TimeoutError") {
      return new Failure("daemon-unresponsive", "the daemon did not answer in time", { cause: error });
    }
    return new Failure("daemon-not-running", "the daemon is not running", { cause: error });
  }
}

function tunnelPath(name: string, action?: string): string {
  return `/v1/tunnels/${encodeURIComponent(name)}${action === undefined ? "" : `/${action}`}`;
}

function reviveFailure(report: FailureReport): Failure {
  return new Failure(report.code, report.message, { hint: report.hint });
}
