import { describeDuration } from "../duration.js";
import { fix, notLookedAt, ok, unknown, type Verdict, warning } from "./diagnosis.js";
import type { TunnelFacts } from "./facts.js";

/** What the last audit found. It is no matter of the way, which goes on to work. Pure. */
export function judgeExposure({ name, exposure, nowMs }: TunnelFacts): Verdict {
  const audit = `clawtunnel audit ${name}`;
  if (exposure === null)
    return { ...notLookedAt(`not looked at yet: ${audit}`), todo: [fix("see whether others can reach the gateway", audit)] };
  const { verdict, at, findings } = exposure;
  const when = `${describeDuration(nowMs - Date.parse(at))} ago`;
  const titles = findings.map(({ title }) => title).join("; ");
  switch (verdict) {
    case "clean":
      return ok(`nobody else can reach it (looked at ${when})`);
    case "exposed":
      return warning(
        "exposed",
        `others can reach it (${when}): ${titles}`,
        fix("see how, and close it", audit, `clawtunnel harden ${name}`),
      );
    case "findings":
      return warning("audit-findings", `not exposed, and something ought to be mended (${when}): ${titles}`, fix("see what", audit));
    case "unknown":
      return unknown(`the last audit could not look (${when})`, null, fix("see why", audit));
  }
}
