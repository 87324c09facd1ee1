import { type FailureCode, failureCatalogue } from "../../base/failure-catalogue.js";
import type { TurnedAway } from "../waiting-room.js";
import type { PeekedRequest } from "./http-peek.js";

/** Why a tunnel has no session now, in words that may be told to whoever can reach its port. */
export interface Absence {
  readonly tunnel: string;
  readonly phase: "stopped" | "connecting" | "up" | "waiting" | "held";
  readonly code: FailureCode | null;
  /** Until the next try; null when none is set. */
  readonly retryInMs: number | null;
}

/** `isPublic`: whoever asks may be a stranger, and learns no more than the tunnel's name. */
export interface Asked {
  readonly request: PeekedRequest;
  readonly why: TurnedAway["why"];
  readonly isPublic: boolean;
}

const refreshLeastSeconds = 3;

/** When to ask again. A client that comes early waits in the room and is served sooner, so that short is right. 1 to 30. */
export function retryAfterSeconds({ phase, retryInMs }: Absence): number {
  switch (phase) {
    case "up":
      return 1;
    case "connecting":
      return 2;
    case "waiting":
      return Math.min(30, Math.max(1, secondsUntil(retryInMs ?? 0)));
    case "held":
    case "stopped":
      return 30;
  }
}

/**
 * The whole answer, a `503` that ends the connection: a page for a browser, JSON for everyone else, no body for HEAD. Of the
 * failure it tells the code and what the catalogue says of it, never the message, which may name files and servers.
 */
export function renderOffline(absence: Absence, { request, why, isPublic }: Asked): string {
  const retryAfter = retryAfterSeconds(absence);
  const told = isPublic ? tellStranger(absence) : tellOwner(absence, why);
  const isPage = /\btext\/html\b/i.test(request.accept);
  const body = isPage ? renderPage(told) : `${JSON.stringify({ error: "tunnel-unavailable", ...told, retryAfterSeconds: retryAfter })}\n`;
  // The browser would ask again with GET, whatever was asked first.
  const isRepeatable = request.method === "GET" || request.method === "HEAD";
  const head = [
    "HTTP/1.1 503 Service Unavailable",
    `Content-Type: ${isPage ? "text/html" : "application/json"}; charset=utf-8`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Retry-After: ${retryAfter}`,
    ...(isPage && isRepeatable ? [`Refresh: ${Math.max(refreshLeastSeconds, retryAfter)}`] : []),
    "Cache-Control: no-store",
    "Connection: close",
    "X-Content-Type-Options: nosniff",
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'",
  ];
  return `${head.join("\r\n")}\r\n\r\n${request.method === "HEAD" ? "" : body}`;
}

/** The words of the answer; the JSON has them as they stand here. */
interface Told {
  readonly tunnel: string;
  readonly message: string;
  readonly phase?: Absence["phase"];
  readonly code?: FailureCode | null;
  readonly hint?: string | null;
  readonly nextTryInSeconds?: number | null;
  readonly more?: string;
}

function tellStranger({ tunnel }: Absence): Told {
  return { tunnel, message: `The tunnel ${tunnel} is not available now.` };
}

function tellOwner(absence: Absence, why: TurnedAway["why"]): Told {
  const { tunnel, phase, code, retryInMs } = absence;
  return {
    tunnel,
    message: `${describe(absence)}${why === "full" ? " Too many connections wait for it already." : ""}`,
    phase,
    code,
    hint: code === null ? null : failureCatalogue[code].hint.replaceAll("NAME", tunnel),
    nextTryInSeconds: retryInMs === null ? null : secondsUntil(retryInMs),
    more: `clawtunnel status ${tunnel}`,
  };
}

function describe({ tunnel, phase, retryInMs }: Absence): string {
  switch (phase) {
    case "connecting":
      return `The tunnel ${tunnel} has no session: it is connecting to its server.`;
    case "waiting":
      return `The tunnel ${tunnel} has no session: its server is tried again within ${Math.max(1, secondsUntil(retryInMs ?? 0))} s.`;
    case "held":
      return `The tunnel ${tunnel} is held: it waits for a person.`;
    case "stopped":
      return `The tunnel ${tunnel} is stopped.`;
    case "up":
      return `The tunnel ${tunnel} has just come back: ask again.`;
  }
}

function renderPage({ tunnel, message, code, hint, more }: Told): string {
  const paragraphs = [
    escapeHtml(message),
    ...(code && hint ? [`<code>${escapeHtml(code)}</code> ${markCode(escapeHtml(hint))}`] : []),
    ...(more ? [`More in a terminal: <code>${escapeHtml(more)}</code>`] : []),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(tunnel)} is not available</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 36rem; margin: 15vh auto; padding: 0 1rem; }
</style>
</head>
<body>
<h1>${escapeHtml(tunnel)} is not available</h1>
${paragraphs.map((paragraph) => `<p>${paragraph}</p>`).join("\n")}
<p><small>clawtunnel</small></p>
</body>
</html>
`;
}

const htmlEscapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => htmlEscapes[character] ?? "");
}

/** What the catalogue puts in backticks. */
function markCode(escaped: string): string {
  return escaped.replace(/`([^`]+)`/g, "<code>$1</code>");
}

function secondsUntil(delayMs: number): number {
  return Math.max(0, Math.ceil(delayMs / 1_000));
}
