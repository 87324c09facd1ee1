import { formatAddress } from "../../base/address.js";
import type { FailureReport } from "../../base/failure.js";
import { browserControlPort, openclawPort, sandboxPort } from "../../config/openclaw-port.js";
import type { Fix } from "../../openclaw/audit/report.js";
import type { ForwardExamination } from "../../openclaw/examine/report.js";
import type { ServerListener } from "../../openclaw/server/listeners.js";
import { commandsFor } from "./commands.js";
import { broken, fix, type Layer, layers, notLookedAt, ok, unknown, type Verdict, warning } from "./diagnosis.js";
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
  if (refused !== null) {
    const message = `somebody listens; who cannot be seen (${refused.message})`;
    return unknown(message, null, fix("see how long the account takes for a command", `time ssh ${sshWordsOf(facts)} true`));
  }
  const ports = server.forwards.map(({ port }) => port);
  const those = listeners.found.filter(({ port }) => ports.includes(port)).map(describeListener);
  return ok(those.length === 0 ? `somebody listens${expectsGateway ? "" : " there"}` : [...new Set(those)].join(", "));
}

function judgeAbsence(failure: FailureReport, forward: ForwardExamination | null, facts: TunnelFacts): Verdict {
  const { server, expectsGateway } = facts;
  if (!expectsGateway || failure.code !== "service-refused") {
    const look =
      failure.code === "service-refused"
        ? fix("on the server, see what listens, and start the service", "ss -ltn")
        : fix(failure.hint, `ssh ${sshWordsOf(facts)}${failure.code === "container-unknown" ? " docker ps" : ""}`);
    return broken(failure.code, failure.message, look);
  }
  const elsewhere = judgeElsewhere(forward, facts);
  if (elsewhere !== undefined) return elsewhere;
  const start = fix("on the server, start it", "openclaw gateway status", "openclaw gateway start");
  const listeners = server?.listeners;
  const unread = listeners?.configFailure ?? null;
  const seen = `${failure.message}${describeBlindness(forward, facts)}`;
  const isPortGuessed = forward !== null && !forward.to?.endsWith(`:${forward.port}`);
  // A gateway does not start with a file that it cannot take.
  if (unread !== null && (isPortGuessed || unread.code === "gateway-config-invalid"))
    return broken(unread.code, seen, fix(unread.hint, `ssh ${sshWordsOf(facts)}`), start);
  return broken("gateway-down", seen, start, fix("see what it said last", "openclaw logs"));
}

/** What of the gateway's own port is known, and does not help. */
function describeBlindness(forward: ForwardExamination | null, { server }: TunnelFacts): string {
  const { failure = null, gatewayPort = null, configFailure = null } = server?.listeners ?? {};
  if (failure?.code === "exec-refused") return "; whether it is on another port cannot be seen with this key";
  if (configFailure !== null) return `; where it should be cannot be read: ${configFailure.message}`;
  return gatewayPort === null || gatewayPort === forward?.port
    ? ""
    : `; its configuration has it on ${gatewayPort}, and it does not run there either`;
}

/** Of several the one that the configuration names. */
function judgeElsewhere(forward: ForwardExamination | null, facts: TunnelFacts): Verdict | undefined {
  const { gatewaysElsewhere: ports = [], gatewayPort = null } = facts.server?.listeners ?? {};
  const port = ports.find((each) => each === gatewayPort) ?? ports[0];
  if (port === undefined) return undefined;
  return broken("gateway-elsewhere", `the gateway listens on ${port}, the tunnel goes to ${forward?.port}`, leadTo(port, facts));
}

function leadTo(port: number, facts: TunnelFacts): Fix {
  const { name } = facts;
  return fix(
    "lead the tunnel to the gateway",
    `clawtunnel remove ${name}`,
    `clawtunnel up ${sshWordsOf(facts)} --name ${name} --remote-port ${port}`,
  );
}

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
  const port = forward?.port ?? Number.NaN;
  const { listeners } = facts.server ?? {};
  const own = listeners?.gatewaysElsewhere[0] ?? listeners?.gatewayPort ?? openclawPort;
  const lead = leadTo(own, facts);
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
    const { deepToken, platform } = facts;
    const own =
      deepToken?.kind === "file" && code === "gateway-token-missing"
        ? [
            fix(
              "it is to be there, hold the token and nothing else, and be yours alone to read",
              commandsFor(platform).closeKey(deepToken.path),
            ),
          ]
        : [];
    return broken(code, message, fix(hint), ...own, ...(code === "gateway-protocol" ? [] : [print]));
  }
  if (facts.deepToken === null) return notLookedAt("no deep check is configured (health.deep)");
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
    if (failure !== null && layerBehind(failure.code, forward) === layer) return { failure, forward };
  }
  const told = session?.failure ?? status?.failure ?? null;
  const isSaid = told !== null && layerOf(told.code) === layer && (server === null || layer === "token");
  return isSaid ? { failure: told, forward: null } : null;
}

/** What keeps a forward from its end, whatever it is, is not the line to the server: that one stands. */
function layerBehind(code: FailureReport["code"], { channel }: ForwardExamination): Layer {
  const layer = layerOf(code);
  if (layers.indexOf(layer) >= layers.indexOf("forwarding")) return layer;
  return channel === null ? "gateway" : "remote-listener";
}

function describeListener(listener: ServerListener): string {
  const { command, pid } = listener;
  const who = command === null ? "" : `: ${command}${pid === null ? "" : ` (pid ${pid})`}`;
  return `${formatAddress(listener)}${who}`;
}
