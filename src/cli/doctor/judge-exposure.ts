import { fix, notLookedAt, type Verdict } from "./diagnosis.js";
import type { TunnelFacts } from "./facts.js";

/** What the last audit found. Pure. */
export function judgeExposure({ name }: TunnelFacts): Verdict {
  return { ...notLookedAt("not looked at yet"), todo: [fix("see whether others can reach the gateway", `clawtunnel audit ${name}`)] };
}
