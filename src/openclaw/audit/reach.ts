import { lookup } from "node:dns/promises";
import { withDeadline } from "../../base/abort.js";
import { formatAddress } from "../../base/address.js";
import { asFailure, Failure } from "../../base/failure.js";
import type { LoginSpec } from "../../config/tunnel-spec.js";
import { dialHere } from "../../forward/remote/dial-here.js";
import { type HttpAnswer, httpGet } from "../../health/http.js";
import { isGatewayPage, isLive } from "../../health/openclaw/judge.js";
import { hasProxy } from "../../ssh/host-config.js";
import type { HostResolver } from "../../ssh/resolve/host-resolver.js";
import { scopeOf } from "../server/address-scope.js";
import type { AuditedPort, Look, PortRole, Reached } from "./facts.js";

const dialTimeoutMs = 3_000;
const addressesMax = 12;

/** What a gateway has at each of its ports that nothing else would have there; the path is its own (2026.9.6). */
const questions: Readonly<Record<PortRole, string>> = {
  gateway: "/healthz",
  service: "/healthz",
  sandbox: "/mcp-app-sandbox",
  browser: "/",
};

/**
 * Dials the host that the user named, and no other, from this machine. Nothing is seen behind a jump host, where the same address may
 * be another machine, and on loopback, where this machine's own tunnel listens. Never rejects.
 */
export async function lookFromHere(
  login: LoginSpec,
  ports: readonly AuditedPort[],
  resolver: Pick<HostResolver, "recall">,
  signal: AbortSignal,
): Promise<Look<readonly Reached[]>> {
  try {
    const { host } = await resolver.recall(login, signal);
    if (hasProxy(host)) {
      const way = host.jumps.length > 0 ? host.jumps.map(({ alias }) => alias).join(", then ") : "a ProxyCommand";
      return { notSeen: `the server is reached through ${way}: from here its address may be another machine` };
    }
    const name = host.server.host;
    const found = await addressesOf(name, signal);
    const addresses = found.filter((address) => scopeOf(address) !== "loopback" && scopeOf(address) !== "every");
    if (addresses.length === 0) return { notSeen: `${name} is this machine's own loopback, where the tunnel itself listens` };
    const dials = addresses.slice(0, addressesMax).flatMap((address) => ports.map((port) => dial(address, port, signal)));
    return { seen: await Promise.all(dials) };
  } catch (error) {
    return { notSeen: asFailure(error).message };
  }
}

/** By the system's resolver, as ssh does it. */
async function addressesOf(name: string, signal: AbortSignal): Promise<string[]> {
  const late = () => new Failure("host-unresolved", `the addresses of ${name} were not found out in time`);
  try {
    const found = await withDeadline(dialTimeoutMs, signal, late, () => lookup(name, { all: true }));
    return [...new Set(found.map(({ address }) => address))];
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("host-unresolved", `${name} has no address here`, { cause: error });
  }
}

async function dial(address: string, { port, role }: AuditedPort, signal: AbortSignal): Promise<Reached> {
  const where = { address, port, scope: scopeOf(address) };
  const late = () => new Failure("service-silent", "no answer in time");
  let hasConnected = false;
  try {
    const answer = await withDeadline(dialTimeoutMs, signal, late, async (deadline) => {
      const connection = await dialHere({ host: address, port }, deadline);
      hasConnected = true;
      try {
        return await httpGet(connection, formatAddress({ host: address, port }), questions[role], deadline);
      } finally {
        connection.destroy();
      }
    });
    return { ...where, ...judgeAnswer(role, answer) };
  } catch (error) {
    if (hasConnected) return { ...where, answer: "something", detail: `it accepts connections (${asFailure(error).message})` };
    return { ...where, answer: "nothing", detail: asFailure(error).code === "service-refused" ? "refused" : "no answer" };
  }
}

function judgeAnswer(role: PortRole, answer: HttpAnswer): Pick<Reached, "answer" | "detail"> {
  const said = `GET ${questions[role]}: ${answer.status} ${answer.contentType || "without a content type"}`;
  switch (role) {
    case "gateway":
    case "service":
      if (isLive(answer)) return { answer: "gateway", detail: `${said}, an OpenClaw gateway's` };
      if (isGatewayPage(answer)) return { answer: "gateway", detail: `${said}, OpenClaw's own page` };
      return { answer: "something", detail: said };
    case "sandbox":
      if (answer.status === 200 && answer.contentType.includes("html")) return { answer: "gateway", detail: `${said}, OpenClaw's sandbox` };
      return { answer: "something", detail: said };
    case "browser":
      return { answer: "something", detail: said };
  }
}
