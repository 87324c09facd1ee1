// The gateway's settings: its file, and what goes before it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";

const literals = { "0.0.0.0": "lan", "::": "lan", "*": "lan", "127.0.0.1": "loopback", localhost: "loopback", "::1": "loopback" };
const reloadModes = ["off", "hybrid"];
const modes = ["auto", "lan", "loopback", "custom", "tailnet"];

/** Why a gateway refuses to start; it ends with status 78, which tells a service manager not to try again. */
export class Refusal extends Error {}

/**
 * What the file, the environment and the flags come to. Throws a Refusal where a gateway would not start. Addresses that stand where a
 * mode belongs are put right in the file, which is plain JSON from then on.
 */
export function readSettings(file, flags, env) {
  if (!existsSync(file) && !flags["allow-unconfigured"])
    throw new Refusal("Missing config. Run `openclaw setup` or set gateway.mode=local (or pass --allow-unconfigured).");
  const config = existsSync(file) ? parse(readFileSync(file, "utf8")) : {};
  const gateway = config.gateway ?? {};
  const migrated = literals[gateway.bind];
  if (migrated !== undefined) {
    gateway.bind = migrated;
    config.meta = { lastTouchedVersion: "2026.9.6", lastTouchedAt: new Date().toISOString() };
    writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
  }
  const problem = problemOf(gateway);
  if (problem !== undefined) throw new Refusal(problem);
  if (gateway.mode !== "local" && !flags["allow-unconfigured"])
    throw new Refusal(`Gateway start blocked: set gateway.mode=local (current: ${gateway.mode ?? "unset"}) or pass --allow-unconfigured.`);

  const bind = flags.bind ?? gateway.bind ?? defaultBind(gateway, env);
  const hosts = listenHosts(bind, gateway.customBindHost, env);
  const token = flags.token ?? env.OPENCLAW_GATEWAY_TOKEN ?? gateway.auth?.token;
  const password = env.OPENCLAW_GATEWAY_PASSWORD ?? gateway.auth?.password;
  const authMode = gateway.auth?.mode ?? (password !== undefined && token === undefined ? "password" : "token");
  const configured = authMode === "password" ? password : token;
  if ((authMode === "none" || configured === undefined) && hosts.some((host) => !["127.0.0.1", "::1"].includes(host)))
    throw new Refusal(`Refusing to bind gateway to ${bind} without auth.`);
  return {
    bind,
    hosts,
    port: Number(flags.port ?? env.OPENCLAW_GATEWAY_PORT ?? gateway.port ?? 18_789),
    authMode,
    // A token that nobody has set is another with each start, and stays in memory.
    secret: authMode === "none" ? undefined : (configured ?? `runtime-${Math.random()}`),
    reloadMode: gateway.reload?.mode ?? "hybrid",
    hasSandbox: config.mcp?.apps?.enabled === true,
  };
}

/** What a running gateway makes of a change of its file: what it depends on, as a text; or why it goes on with what it has. */
export function readFingerprint(file) {
  try {
    const { gateway = {}, mcp } = parse(readFileSync(file, "utf8"));
    const problem = problemOf(gateway);
    if (problem !== undefined) return { problem };
    const { reload, ...rest } = gateway;
    return { fingerprint: JSON.stringify([rest, mcp]), reloadMode: reload?.mode ?? "hybrid" };
  } catch (error) {
    return { problem: error.message };
  }
}

function problemOf({ bind = "auto", reload = {} }) {
  const allowed = (names) => `Invalid input (allowed: ${names.map((name) => JSON.stringify(name)).join(", ")})`;
  if (!modes.includes(bind)) return `gateway.bind: ${allowed(modes)}`;
  if (!reloadModes.includes(reload.mode ?? "hybrid")) return `gateway.reload.mode: ${allowed(reloadModes)}`;
  return undefined;
}

function defaultBind({ tailscale }, env) {
  if (["serve", "funnel"].includes(tailscale?.mode)) return "loopback";
  return isContainer(env) ? "auto" : "loopback";
}

function listenHosts(bind, customBindHost, env) {
  const loopback = ["127.0.0.1", "::1"];
  const own = (host) => (["0.0.0.0", "127.0.0.1"].includes(host) ? [host] : [host, "127.0.0.1"]);
  if (bind === "lan") return ["0.0.0.0"];
  if (bind === "custom") return own(customBindHost ?? "0.0.0.0");
  if (bind === "auto") return isContainer(env) ? ["0.0.0.0"] : loopback;
  if (bind === "tailnet") {
    const addresses = Object.values(networkInterfaces()).flat();
    const tailnet = addresses.find(({ address }) => /^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(address));
    return tailnet === undefined ? loopback : own(tailnet.address);
  }
  return loopback;
}

/** STAND_IN_CONTAINER says `yes` or `no` in its place, so that a test is the same everywhere. */
function isContainer({ STAND_IN_CONTAINER, FLY_APP_NAME }) {
  if (STAND_IN_CONTAINER !== undefined) return STAND_IN_CONTAINER === "yes";
  if (FLY_APP_NAME !== undefined || existsSync("/.dockerenv") || existsSync("/run/.containerenv")) return true;
  return /docker|kubepods|containerd|lxc/.test(existsSync("/proc/1/cgroup") ? readFileSync("/proc/1/cgroup", "utf8") : "");
}

/**
 * A tolerant reader of JSON5, and no more than this stand-in needs: comments, names without quotes, single quotes, trailing commas. It
 * takes some texts that are no JSON5.
 */
function parse(text) {
  const token =
    /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\/\/[^\n\r]*|\/\*[\s\S]*?\*\/|[A-Za-z_$][\w$]*(?=\s*:)|,(?=(?:\s|\/\/[^\n\r]*|\/\*[\s\S]*?\*\/)*[}\]])/g;
  const strict = text.replace(/^\ufeff/, "").replace(token, (found) => {
    if (found.startsWith("/") || found === ",") return "";
    if (found.startsWith('"')) return found;
    if (!found.startsWith("'")) return JSON.stringify(found);
    return JSON.stringify(found.slice(1, -1).replaceAll("\\'", "'"));
  });
  return JSON.parse(strict);
}
