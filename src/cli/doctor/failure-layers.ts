import type { FailureCode } from "../../base/failure-catalogue.js";
import { type Layer, layers } from "./diagnosis.js";
import type { SessionFacts } from "./facts.js";

const codes: Partial<Record<Layer, readonly FailureCode[]>> = {
  "local-port": ["port-busy", "bind-denied", "bind-unavailable", "remote-bind-refused"],
  name: ["host-unresolved", "ssh-config-invalid", "target-invalid", "engine-unavailable"],
  "host-key": [
    "host-key-unknown",
    "host-key-changed",
    "host-key-revoked",
    "host-key-needs-authority",
    "known-hosts-unreadable",
    "algorithms-mismatch",
  ],
  authentication: ["auth-rejected", "no-credentials", "agent-unavailable", "identity-unreadable", "identity-locked", "needs-answer"],
  forwarding: ["forwarding-prohibited", "channel-refused"],
  "remote-listener": ["service-refused", "service-unreachable", "container-unknown", "gateway-config-unreadable", "gateway-config-invalid"],
  gateway: ["service-silent", "service-wrong", "gateway-down", "gateway-starting", "gateway-draining", "gateway-hung", "gateway-not-there"],
  token: ["gateway-token-wrong", "gateway-token-missing", "gateway-protocol"],
};

/** The layer at which a failure says that the way ends. What is not in the table is about the line to the server. Pure. */
export function layerOf(code: FailureCode): Layer {
  const found = Object.entries(codes).find(([, known]) => known.includes(code));
  return (found?.[0] as Layer | undefined) ?? "ssh-port";
}

/** Whether a log-in came through this layer. Pure. */
export function hasPassed(session: SessionFacts | null, layer: Layer): boolean {
  if (session === null) return false;
  return session.failure === null || layers.indexOf(layerOf(session.failure.code)) > layers.indexOf(layer);
}
