// What a gateway says over its WebSocket. Words, codes and their order are those of openclaw 2026.9.6.
import { randomUUID, timingSafeEqual } from "node:crypto";

const clientIds =
  "cli gateway-client openclaw-probe openclaw-control-ui openclaw-browser-copilot openclaw-tui openclaw-macos openclaw-linux openclaw-ios openclaw-watchos openclaw-android openclaw-worker webchat webchat-ui node-host test fingerprint";
const clientModes = "cli ui backend node webchat worker probe test";
const connectKeys = "minProtocol maxProtocol client role scopes caps commands permissions pathEnv auth device locale userAgent";
const handshakeMaxMs = 15_000;
const delaysMs = [250, 500, 1_000, 2_000, 4_000, 5_000];
const notAllowed = "origin not allowed (open the Control UI from the gateway host or allow it in gateway.controlUi.allowedOrigins)";

/** Wrong tokens make the next answer slower, until a right one comes. Lives as long as the process. */
let mismatches = 0;

/** Talks to one client. `gateway` tells its phase, version, secret and bootId; `web` sends and closes. Returns what is told each text. */
export function talk(gateway, web, request) {
  let isConnected = false;
  let scopes = [];
  const say = (frame) => web.sendText(JSON.stringify(frame));
  const fail = (id, error) => say({ type: "res", id, ok: false, error });
  const refuse = (id, error, code = 1008, reason = error.message) => {
    fail(id, error);
    web.close(code, reason);
  };
  const patience = setTimeout(() => isConnected || web.close(1000), handshakeMaxMs);
  patience.unref();
  say({
    type: "event",
    event: "connect.challenge",
    payload: { nonce: randomUUID(), ts: Date.now(), ...(gateway.isModern ? { capabilities: ["worker-protocol-rejection-details"] } : {}) },
  });

  const connect = async (id, params) => {
    const problem = paramsProblem(params);
    if (problem !== undefined) return refuse(id, invalid(`invalid connect params: ${problem}`));
    if (!["operator", "node"].includes(params.role ?? "operator")) return refuse(id, invalid("invalid role"));
    const mismatch = protocolMismatch(params, gateway.isModern ? 4 : 3);
    if (mismatch !== undefined) return refuse(id, { ...invalid("protocol mismatch"), details: mismatch }, 1002);
    if (gateway.phase === "starting") {
      const message = "gateway starting; retry shortly";
      const details = { reason: "startup-sidecars" };
      return refuse(id, { code: "UNAVAILABLE", message, retryable: true, retryAfterMs: 500, details }, 1013, "gateway starting");
    }
    if (!isOriginAllowed(request.headers.origin)) {
      const details = { code: "CONTROL_UI_ORIGIN_NOT_ALLOWED", reason: "origin not allowed" };
      return refuse(id, { ...invalid(notAllowed), details });
    }
    const given = params.auth?.token ?? params.auth?.password;
    if (gateway.secret !== undefined && given === undefined) {
      const details = { code: "DEVICE_IDENTITY_REQUIRED" };
      return refuse(id, { code: "NOT_PAIRED", message: "device identity required", details });
    }
    if (gateway.secret !== undefined && !isSame(given, gateway.secret)) return refuseSecret(id);
    mismatches = 0;
    isConnected = true;
    // Who has no device gets no scopes, but for the gateway's own clients.
    scopes = params.client.mode === "probe" ? [] : (params.scopes ?? []);
    say({ type: "res", id, ok: true, payload: hello(gateway, params.role ?? "operator", scopes) });
  };

  const refuseSecret = async (id) => {
    const delayMs = delaysMs[Math.min(mismatches, delaysMs.length - 1)];
    mismatches += 1;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    const kind = gateway.authMode === "password" ? "password" : "token";
    refuse(id, {
      ...invalid(`unauthorized: gateway ${kind} mismatch (provide gateway auth ${kind})`),
      details: {
        code: `AUTH_${kind.toUpperCase()}_MISMATCH`,
        authReason: `${kind}_mismatch`,
        canRetryWithDeviceToken: false,
        recommendedNextStep: "update_auth_credentials",
      },
    });
  };

  const onText = (text) => {
    const frame = parse(text);
    if (frame === undefined) return web.close(1000);
    if (frame.type !== "req" || typeof frame.id !== "string" || typeof frame.method !== "string")
      return web.close(1008, "invalid request frame");
    if (isConnected) return answer(frame);
    if (frame.method !== "connect") return refuse(frame.id, invalid("invalid handshake: first request must be connect"));
    void connect(frame.id, frame.params);
  };

  const answer = ({ id, method }) => {
    if (method === "health") {
      const payload = { ok: true, ts: Date.now(), durationMs: 1, channels: {}, channelOrder: [], agents: [], sessions: { count: 0 } };
      return say({ type: "res", id, ok: true, payload });
    }
    const scope = ["status", "config.get"].includes(method) ? "operator.read" : "operator.admin";
    if (scopes.includes(scope)) return say({ type: "res", id, ok: true, payload: {} });
    const details = { code: "MISSING_SCOPE", missingScope: scope, requiredScopes: [scope] };
    fail(id, { code: "FORBIDDEN", message: `missing scope: ${scope}`, details });
  };

  const shutDown = (reason, restartExpectedMs) => {
    const payload = { reason, ...(restartExpectedMs === undefined ? {} : { restartExpectedMs }) };
    if (isConnected) say({ type: "event", event: "shutdown", payload, seq: 1 });
    web.close(1012, "service restart");
  };
  return { onText, shutDown };
}

function hello({ version, bootId, authMode, isModern }, role, scopes) {
  return {
    type: "hello-ok",
    protocol: isModern ? 4 : 3,
    server: {
      version,
      connId: randomUUID(),
      ...(isModern ? { buildId: `${version}-stand-in`, bootId, controlUiBuildSource: "stand-in" } : {}),
    },
    features: { methods: ["health", "status", "config.get"], events: ["connect.challenge", "shutdown"] },
    snapshot: {},
    auth: { method: authMode, role, scopes },
    policy: { maxPayload: 26_214_400, maxBufferedBytes: 52_428_800, tickIntervalMs: 30_000 },
  };
}

function paramsProblem(params) {
  if (params?.client === undefined) return "must have required property 'client'";
  if (!clientIds.split(" ").includes(params.client.id)) return "at /client/id: must be equal to one of the allowed values";
  if (!clientModes.split(" ").includes(params.client.mode)) return "at /client/mode: must be equal to one of the allowed values";
  const unknown = Object.keys(params).find((key) => !connectKeys.split(" ").includes(key));
  return unknown === undefined ? undefined : `at root: unexpected property '${unknown}'`;
}

/** Version 4 lets a probe offer 3 as well. */
function protocolMismatch({ minProtocol, maxProtocol, client }, expected) {
  const minimum = client.mode === "probe" ? 3 : expected;
  if (maxProtocol >= minimum && minProtocol <= expected) return undefined;
  return {
    code: "PROTOCOL_MISMATCH",
    clientMinProtocol: minProtocol,
    clientMaxProtocol: maxProtocol,
    expectedProtocol: expected,
    minimumProbeProtocol: 3,
  };
}

/** From a loopback peer every loopback origin is good, whatever its port. */
function isOriginAllowed(origin) {
  return origin === undefined || /^https?:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/.test(origin);
}

function isSame(given, secret) {
  const [one, other] = [Buffer.from(String(given)), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function invalid(message) {
  return { code: "INVALID_REQUEST", message };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
