import { lookup } from "node:dns/promises";
import type { Socket } from "node:net";
import { deadlineSignal, onAbort } from "../../base/abort.js";
import { formatAddress } from "../../base/address.js";
import { asFailure, Failure, type FailureReport } from "../../base/failure.js";
import { foreign } from "../../base/text.js";
import type { LoginSpec } from "../../config/tunnel-spec.js";
import type { HostConfig } from "../host-config.js";
import { hostResolver } from "../resolve/resolve-host.js";
import { failureFromConnect } from "../ssh2/failures.js";
import { openSocket } from "../ssh2/socket.js";

/** How far one comes towards a server without a log-in. */
export interface WayReport {
  /** The first server on the way, `host:port`; null behind a ProxyCommand, where only a log-in can tell. */
  readonly firstHop: string | null;
  /** What its name stands for now. */
  readonly addresses: readonly string[];
  /** The SSH server's first line. */
  readonly greeting: string | null;
  /** Why one comes no farther. */
  readonly failure: FailureReport | null;
  /** LocalForward lines of ssh_config for the host, as `ssh -G` gives them. */
  readonly localForwards: readonly string[];
}

/** An sshd that is asked by name of the client may take its time; one that greets later is as good as none. */
const greetingMaxMs = 4_000;
const greetingMaxBytes = 8 * 1024;
const greetingLine = /^SSH-.*$/m;
const usualConnectTimeoutMs = 5_000;

/** The name, a TCP connect, and the server's greeting. Never rejects: what fails is a part of the report. */
export async function examineWay(login: LoginSpec, signal: AbortSignal): Promise<WayReport> {
  let report: WayReport = { firstHop: null, addresses: [], greeting: null, failure: null, localForwards: [] };
  try {
    const { host } = await hostResolver.resolve(login, signal);
    const first = host.jumps[0] ?? host;
    report = { ...report, localForwards: host.said.get("localforward") ?? [] };
    if (first.proxyCommand !== null) return report;
    report = { ...report, firstHop: formatAddress(first.server) };
    report = { ...report, addresses: await resolveName(first) };
    return { ...report, greeting: await hearGreeting(first, login.connectTimeoutMs ?? usualConnectTimeoutMs, signal) };
  } catch (error) {
    return { ...report, failure: asFailure(error).report() };
  }
}

async function resolveName({ server }: HostConfig): Promise<string[]> {
  try {
    return (await lookup(server.host, { all: true })).map(({ address }) => address);
  } catch (error) {
    throw failureFromConnect(error, server.host);
  }
}

/** Lines before the one that begins with `SSH-` are for people (RFC 4253, 4.2). */
async function hearGreeting(host: HostConfig, connectTimeoutMs: number, signal: AbortSignal): Promise<string> {
  const where = formatAddress(host.server);
  const socket = await openSocket(host, connectTimeoutMs, signal);
  const text = await hear(socket, Math.min(greetingMaxMs, connectTimeoutMs), signal);
  const greeting = greetingLine.exec(text)?.[0];
  if (greeting !== undefined) return foreign(greeting);
  const said = foreign(text.split(/\r?\n/)[0] ?? "");
  if (/^(?:Exceeded MaxStartups|Not allowed at this time)/.test(said)) throw new Failure("handshake-lost", `${where} says "${said}"`);
  if (said !== "") throw new Failure("not-ssh", `what answers at ${where} is not an SSH server: it says "${said}"`);
  if (socket.readableEnded) throw new Failure("handshake-lost", `${where} closed the connection without a word`);
  throw new Failure("handshake-timeout", `${where} accepts connections and says nothing`);
}

/** What comes, until it is a greeting, the end, too much, or too late. The socket is done with then. */
async function hear(socket: Socket, timeoutMs: number, signal: AbortSignal): Promise<string> {
  const deadline = deadlineSignal(timeoutMs, signal);
  let text = "";
  await new Promise<void>((resolve) => {
    onAbort(deadline.signal, resolve);
    socket.once("end", resolve).once("close", () => resolve());
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
      if (greetingLine.test(text) || text.length > greetingMaxBytes) resolve();
    });
  });
  deadline.end();
  socket.destroy();
  return text;
}
