// What a gateway answers over HTTP to a visitor without credentials.

const proxyMessage =
  "Proxy client attribution is required. Configure gateway.trustedProxies narrowly and make the proxy overwrite or safely rebuild forwarded client headers.";
const probes = {
  "/health": "live",
  "/healthz": "live",
  "/ready": "ready",
  "/readyz": "ready",
  "/startup": "startup",
  "/startupz": "startup",
};

/** Answers a request as the gateway's version does. */
export function answer(gateway, request, response) {
  request.resume();
  const [path] = (request.url ?? "/").split("?", 1);
  const { status, headers, body } = choose(gateway, request, path);
  response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** A header that only a proxy adds, on a request that comes from this machine: whom it speaks for cannot be known. */
export function isProxied({ headers, socket }) {
  const isForwarded = Object.keys(headers).some((name) => name === "forwarded" || name === "x-real-ip" || name.startsWith("x-forwarded-"));
  return isForwarded && isLoopback(socket.remoteAddress);
}

export function proxyRefusal() {
  return json(403, { error: { message: proxyMessage, type: "proxy_attribution_required" } });
}

function choose(gateway, request, path) {
  const probe = gateway.probes.includes(probes[path]) ? probes[path] : undefined;
  const isReading = request.method === "GET" || request.method === "HEAD";
  if (probe !== "live" && isProxied(request)) return proxyRefusal();
  if (probe !== undefined) return isReading ? answerProbe(gateway, probe, isTrusted(gateway, request)) : notAllowed("GET, HEAD");
  if (path === "/tools/invoke") return request.method === "POST" ? unauthorized() : notAllowed("POST");
  if (path === "/control-ui-config.json") return isTrusted(gateway, request, false) ? json(200, {}) : unauthorized();
  if (!isReading || /^\/(?:api|v1)(?:\/|$)|^\/(?:health|ready|startup)z?\//.test(path)) return text(404, "Not Found");
  // A single-page application: every other path is the user interface, also the probes that an older version does not know.
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" }, body: page(gateway.version) };
}

function answerProbe({ phase, version, startedAtMs }, probe, isDetailed) {
  const uptimeMs = Date.now() - startedAtMs;
  const isReady = phase === "started";
  if (probe === "live") return json(200, { ok: true, status: "live" }, noStore);
  if (probe === "startup") {
    const brief = { ok: isReady, status: phase };
    const details = { version, uptimeMs, ...(phase === "starting" ? { pendingReason: "startup-sidecars" } : {}) };
    return json(isReady ? 200 : 503, isDetailed ? { ...brief, ...details } : brief, noStore);
  }
  const failing = { started: [], starting: ["startup-sidecars"], draining: ["gateway-draining"] }[phase];
  const details = { failing, uptimeMs, eventLoop: { degraded: false, reasons: [] } };
  return json(isReady ? 200 : 503, isDetailed ? { ready: isReady, ...details } : { ready: isReady }, noStore);
}

/** This machine, or whoever knows the secret. */
function isTrusted({ secret }, { headers, socket }, isLocalEnough = true) {
  return (isLocalEnough && isLoopback(socket.remoteAddress)) || (secret !== undefined && headers.authorization === `Bearer ${secret}`);
}

function isLoopback(address = "") {
  return address === "::1" || /^(?:::ffff:)?127\./.test(address);
}

const noStore = { "cache-control": "no-store" };

function json(status, value, headers = {}) {
  return { status, headers: { "content-type": "application/json; charset=utf-8", ...headers }, body: JSON.stringify(value) };
}

function text(status, body, headers = {}) {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body };
}

function notAllowed(allow) {
  return text(405, "Method Not Allowed", { allow });
}

function unauthorized() {
  return json(401, { error: { message: "Unauthorized", type: "unauthorized" } });
}

function page(version) {
  return `<!doctype html>
<html data-openclaw-control-ui-base-path="" data-openclaw-control-ui-build-id="${version}-stand-in" lang="en">
  <head><meta charset="UTF-8" /><title>OpenClaw Control</title></head>
  <body><openclaw-app></openclaw-app></body>
</html>
`;
}

/** The listener for apps, on the port after the gateway's. */
export function answerSandbox(request, response) {
  request.resume();
  const isThere = (request.url ?? "/").split("?", 1)[0] === "/mcp-app-sandbox";
  response.writeHead(isThere ? 200 : 404, { "content-type": isThere ? "text/html; charset=utf-8" : "text/plain; charset=utf-8" });
  response.end(isThere ? "<!doctype html><title>MCP App Sandbox</title>" : "Not Found");
}
