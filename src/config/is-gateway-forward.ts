import type { ForwardSpec, LocalForwardSpec } from "./tunnel-spec.js";

/** Whether an OpenClaw gateway is what the forward leads to. */
export function isGatewayForward(forward: ForwardSpec): forward is LocalForwardSpec {
  return forward.kind === "local" && forward.health.check.kind === "openclaw";
}
