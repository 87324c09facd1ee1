import { type Diagnosis, type DoctorCode, type Layer, layers, notLookedAt, type Verdict } from "./diagnosis.js";
import type { TunnelFacts } from "./facts.js";
import { judgeForwarding, judgeGateway, judgeListener, judgeToken } from "./judge-behind.js";
import { judgeConfig, judgeDaemon, judgeTunnel } from "./judge-daemon.js";
import { judgeExposure } from "./judge-exposure.js";
import { judgeAuthentication, judgeHostKey } from "./judge-login.js";
import { judgePorts } from "./judge-ports.js";
import { judgeName, judgeSshPort, tellOtherWays } from "./judge-way.js";

const judges: Readonly<Record<Layer, (facts: TunnelFacts) => Verdict>> = {
  daemon: judgeDaemon,
  config: judgeConfig,
  tunnel: judgeTunnel,
  "local-port": judgePorts,
  name: (facts) => tellOtherWays(judgeName(facts), facts),
  "ssh-port": (facts) => tellOtherWays(judgeSshPort(facts), facts),
  "host-key": judgeHostKey,
  authentication: judgeAuthentication,
  forwarding: judgeForwarding,
  "remote-listener": judgeListener,
  gateway: judgeGateway,
  token: judgeToken,
  exposure: judgeExposure,
};

/** A host that is no tunnel has neither an address here nor anything that could be exposed. */
const layersOfHost: readonly Layer[] = ["name", "ssh-port", "host-key", "authentication", "forwarding", "remote-listener", "gateway"];

/** Nothing is open, and nothing says that it could not be: what lies behind is looked at all the same. */
const offCodes: readonly (DoctorCode | null)[] = ["daemon-not-running", "tunnel-down", "down-by-schedule"];

/** Every layer in its order, as far as the first that is broken. Pure. */
export function diagnose(facts: TunnelFacts): Diagnosis[] {
  let isCutOff = false;
  const wanted = facts.isTunnel ? layers.filter((layer) => isOf(facts, layer)) : layersOfHost;
  return wanted.map((layer) => {
    if (isCutOff) return { layer, ...notLookedAt() };
    const verdict = judges[layer](facts);
    isCutOff = verdict.state === "broken" && !offCodes.includes(verdict.code);
    return { layer, ...verdict };
  });
}

/** The token and the exposure are questions about a gateway. */
function isOf({ expectsGateway }: TunnelFacts, layer: Layer): boolean {
  return expectsGateway || (layer !== "token" && layer !== "exposure");
}

/** The one that nothing else explains: where the way ends, or else that nobody has opened it. Pure. */
export function causeOf(diagnoses: readonly Diagnosis[]): Diagnosis | null {
  const found = diagnoses.filter(({ state }) => state === "broken");
  return found.find(({ code }) => !offCodes.includes(code)) ?? found[0] ?? null;
}
