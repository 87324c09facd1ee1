import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { asFailure, Failure } from "../base/failure.js";
import type { FailureCode } from "../base/failure-catalogue.js";
import type { Logger } from "../base/logger.js";
import type { ErrorReply } from "./contract.js";
import { refuseRequest } from "./gate.js";

/** One request as a route sees it. `params` are the parts of the path in the pattern's order, decoded. */
export interface ApiRequest {
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
}

/** What a route answers: a value to send as JSON, a text, or a stream that it writes itself. */
export type ApiReply =
  | { readonly status?: number; readonly json: unknown }
  | { readonly status?: number; readonly text: string; readonly contentType: string }
  | { readonly stream: (response: ServerResponse) => void | Promise<void> };

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** For instance `/v1/tunnels/:name/up`. */
  readonly path: string;
  readonly run: (request: ApiRequest) => ApiReply | Promise<ApiReply>;
}

const bodyMaxBytes = 64 * 1024;

const statusOf: Partial<Record<FailureCode, number>> = {
  "tunnel-unknown": 404,
  "prompt-unknown": 404,
  "not-found": 404,
  "request-refused": 403,
  "name-taken": 409,
  "port-taken": 409,
  "config-unwritable": 500,
  "config-unreadable": 500,
  "history-unreadable": 500,
  internal: 500,
};

/** The control API's HTTP side. Every refusal is a Failure in JSON; an unknown throw is a bug, logged and answered with 500. */
export function createApiServer(routes: readonly Route[], log: Logger): Server {
  // Node's own answer to a missing Host has no body; the gate's says why.
  return createServer({ requireHostHeader: false }, (request, response) => {
    answer(routes, request, response).catch((error: unknown) => {
      const failure = asFailure(error);
      if (failure.code === "internal") log.error({ event: "api.bug", err: error }, failure.message);
      const reply: ErrorReply = { error: failure.report() };
      send(response, statusOf[failure.code] ?? 400, "application/json", `${JSON.stringify(reply)}\n`);
    });
  });
}

async function answer(routes: readonly Route[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refusal = refuseRequest(request.headers);
  if (refusal !== undefined) throw new Failure("request-refused", refusal);
  const base = "http://localhost";
  if (!URL.canParse(request.url ?? "/", base)) throw new Failure("request-invalid", `${request.url} is not a path`);
  const url = new URL(request.url ?? "/", base);
  for (const route of routes) {
    const params = route.method === request.method ? matchPath(route.path, url.pathname) : undefined;
    if (params === undefined) continue;
    const left = new AbortController();
    response.once("close", () => left.abort());
    const body = request.method === "POST" ? await readJson(request) : undefined;
    return reply(response, await route.run({ params, query: url.searchParams, body, signal: left.signal }));
  }
  throw new Failure("not-found", `there is no ${request.method} ${url.pathname}`);
}

async function reply(response: ServerResponse, answered: ApiReply): Promise<void> {
  if ("stream" in answered) await answered.stream(response);
  else if ("json" in answered) send(response, answered.status ?? 200, "application/json", `${JSON.stringify(answered.json)}\n`);
  else send(response, answered.status ?? 200, answered.contentType, answered.text);
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(text), "cache-control": "no-store" });
  response.end(text);
}

function matchPath(pattern: string, path: string): string[] | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const params: string[] = [];
  for (const [index, part] of wanted.entries()) {
    const actual = given[index] ?? "";
    if (part.startsWith(":")) params.push(decode(actual));
    else if (part !== actual) return undefined;
  }
  return params;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Failure("request-invalid", "the path is not percent-encoded rightly");
  }
}

/** An absent body is an empty object. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bodyMaxBytes) throw new Failure("request-invalid", `the body is larger than ${bodyMaxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Failure ? error : new Failure("request-invalid", "the request was cut off", { cause: error });
  }
  if (bytes === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    throw new Failure("request-invalid", "the body is not JSON", { cause: error });
  }
}
