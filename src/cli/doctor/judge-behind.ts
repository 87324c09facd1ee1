import { formatAddress } from "../../base/address.js";
import type { FailureReport } from "../../base/failure.js";
import { browserControlPort, devPort, openclawPort, sandboxPort } from "../../config/openclaw-port.js";
import type { ForwardExamination } from "../../openclaw/examine/report.js";
import type { ServerListener } from "../../openclaw/server/listeners.js";
import { remotePortOf } from "../../tunnel/gateway-forward.js";
import { broken, fix, type Layer, notLookedAt, ok, unknown, type Verdict, warning } from "./diagnosis.js";
import type { TunnelFacts } from "./facts.js";
import { layerOf } from "./failure-layers.js";
import { sshWordsOf } from "./ssh-command.js";

/** Whether the server opens channels: what a key or an sshd forbids shows only there. Pure. */
export function judgeForwarding(facts: TunnelFacts): Verdict {
  const found = failureAt("forwarding", facts);
  if (found === null) return facts.server === null ? unknown("no session to try it with") : ok("the server opens channels");
  const { failure, forward } = found;
  if (forward?.isOpenAsLocalhost) {
    return broken(
      "permitopen-localhost",
      `${failure.message}, but it allows one to "localhost": sshd compares the words, and does not look the name up`,
      fix("on the server, in the key's line of ~/.ssh/authorized_keys (or PermitOpen of sshd_config)", `permitopen="${forward.to}"`),
    );
  }
  return broken(
    failure.code,
    failure.message,
    fix("on the server, see what its configuration forbids", "sudo sshd -T | grep -iE 'allowtcpforwarding|permitopen|disableforwarding'"),
    fix(
      "and what the key's own line does: `restrict` needs `port-forwarding`, and permitopen= the very address",
      `grep -n permitopen ~/.ssh/authorized_keys`,
    ),
  );
}

/** Whether somebody listens where the forward leads. Pure. */
export function judgeListener(facts: TunnelFacts): Verdict {
  const { server, isTunnel, expectsGateway } = facts;
  const found = failureAt("remote-listener", facts);
  if (found !== null)
    return isTunnel ? judgeAbsence(found.failure, found.forward, facts) : unknown(`${found.failure.message}, where a gateway would`);
  if (server === null) return unknown("no session to look through");
  const { listeners } = server;
  if (listeners === null) return ok("not a port of the server");
  const refused = listeners.failure;
  if (refused?.code === "exec-refused") {
    const what = "whose the port is, what else listens there and what the gateway's configuration says";
    return unknown(
      `somebody listens. The key may only forward, as a key for a tunnel should: ${what} cannot be seen with it`,
      "key-restricted",
    );
  }
  if (refused !== null) return unknown(`somebody listens; who cannot be seen (${refused.message})`);
  const ports = server.forwards.map(remotePortOf);
  const those = listeners.found.filter(({ port }) => ports.includes(port)).map(describeListener);
  return ok(those.length === 0 ? `somebody listens${expectsGateway ? "" : " there"}` : [...new Set(those)].join(", "));
}

function judgeAbsence(failure: FailureReport, forward: ForwardExamination | null, facts: TunnelFacts): Verdict {
  const { server, expectsGateway, name } = facts;
  if (!expectsGateway || failure.code !== "service-refused") {
    const look =
      failure.code === "service-refused"
        ? fix("on the server, see what listens, and start the service", "ss -ltn")
        : fix(failure.hint, `ssh ${sshWordsOf(facts)}`);
    return broken(failure.code, failure.message, look);
  }
  const start = fix("on the server, start it", "openclaw gateway status", "openclaw gateway start");
  const listeners = server?.listeners;
  const own = forward && remotePortOf(forward);
  const other = listeners?.found.find(({ port }) => port !== own && (port === listeners.gatewayPort || isGatewayPort(port)));
  if (other !== undefined) {
    return broken(
      "gateway-elsewhere",
      `the gateway listens on ${other.port}, the tunnel goes to ${own}`,
      fix(
        "lead the tunnel there",
        `clawtunnel remove ${name}`,
        `clawtunnel up ${sshWordsOf(facts)} --name ${name} --remote-port ${other.port}`,
      ),
    );
  }
  const configured = listeners?.gatewayPort;
  const note =
    configured != null && configured !== own ? `; its configuration has it on ${configured}, and it does not run there either` : "";
  const blind = listeners?.failure?.code === "exec-refused" ? "; whether it is on another port cannot be seen with this key" : "";
  return broken("gateway-down", `${failure.message}${note}${blind}`, start, fix("see what it said last", "openclaw logs"));
}

/** Whether a gateway itself may be there, of the neighbours that were looked for. */
const isGatewayPort = (port: number): boolean => port === openclawPort || port === devPort;

/** Whether what listens is what it should be, and does its work. Pure. */
export function judgeGateway(facts: TunnelFacts): Verdict {
  const { server, expectsGateway, isTunnel } = facts;
  const found = failureAt("gateway", facts);
  if (found === null) {
    const isOld = server?.forwards.some(({ health }) => health?.gateway === "old") ?? false;
    const details = (server?.forwards ?? []).flatMap(({ health }) => (health?.isOk ? [health.detail] : []));
    const said = [...new Set(details)].join("; ");
    if (isOld) return warning("gateway-old", said, fix("on the server, bring it up to date", "openclaw update"));
    return said === "" ? unknown("not asked") : ok(said);
  }
  const { failure, forward } = found;
  if (!isTunnel) return unknown(failure.message);
  if (!expectsGateway) return broken(failure.code, failure.message, fix(failure.hint));
  const restart = fix("on the server", "openclaw gateway status", "openclaw gateway restart");
  switch (failure.code) {
    case "gateway-starting":
    case "gateway-draining":
      return broken(failure.code, failure.message, fix("wait for it; the tunnel stands", `clawtunnel wait ${facts.name}`));
    case "gateway-not-there":
      return judgeStranger(failure, forward, facts);
    default:
      return broken(failure.code, failure.message, restart);
  }
}

function judgeStranger(failure: FailureReport, forward: ForwardExamination | null, facts: TunnelFacts): Verdict {
  const port = forward && remotePortOf(forward);
  const own = facts.server?.listeners?.gatewayPort ?? openclawPort;
  const lead = fix(
    "lead the tunnel to the gateway",
    `clawtunnel remove ${facts.name}`,
    `clawtunnel up ${sshWordsOf(facts)} --name ${facts.name} --remote-port ${own}`,
  );
  if (port === browserControlPort)
    return broken("port-of-browser-control", `${port} is the gateway's browser control, not the gateway`, lead);
  if (port === sandboxPort) return broken("port-of-sandbox", `${port} is the gateway's sandbox for apps, not the gateway`, lead);
  const look = fix("on the server, see whose port it is", `sudo ss -ltnp 'sport = :${port}'`);
  if (port !== own) return broken(failure.code, failure.message, look, lead);
  return broken(failure.code, failure.message, look, fix("end that, and start the gateway", "openclaw gateway start"));
}

/** The deep check's own answer, where one is configured. Pure. */
export function judgeToken(facts: TunnelFacts): Verdict {
  const found = failureAt("token", facts);
  if (found !== null) {
    const { code, message, hint } = found.failure;
    const print = fix(
      "the gateway's own token is told on the server, in a terminal",
      `ssh -t ${sshWordsOf(facts)} openclaw gateway auth-token --show`,
    );
    return broken(code, message, fix(hint), ...(code === "gateway-protocol" ? [] : [print]));
  }
  if (!facts.hasDeepCheck) return notLookedAt("no deep check is configured (health.deep)");
  const deep = facts.status?.gateway?.deep ?? null;
  return deep?.state === "ok" ? ok(deep.detail) : unknown(deep?.detail ?? "the tunnel has not asked yet");
}

/** Why the way ends at `layer`, and for which forward. What is seen now counts more than what the tunnel says of itself. */
function failureAt(
  layer: Layer,
  { server, status, session }: TunnelFacts,
): { failure: FailureReport; forward: ForwardExamination | null } | null {
  for (const forward of server?.forwards ?? []) {
    const failure = forward.channel ?? forward.health?.failure ?? null;
    if (failure !== null && layerOf(failure.code) === layer) return { failure, forward };
  }
  const told = session?.failure ?? status?.failure ?? null;
  const isSaid = told !== null && layerOf(told.code) === layer && (server === null || layer === "token");
  return isSaid ? { failure: told, forward: null } : null;
}

function describeListener(listener: ServerListener): string {
  const { command, pid } = listener;
  const who = command === null ? "" : `: ${command}${pid === null ? "" : ` (pid ${pid})`}`;
  return `${formatAddress(listener)}${who}`;
}
