import type { FoundTunnel, Reading } from "../../interchange/reading.js";
import type { OlderWaysLooks } from "./looks.js";

/**
 * Of what was read, the tunnels that are there to hold forwards open, with those that ssh_config adds. An ssh that runs a command is
 * none for its host's forwards alone.
 */
export async function heldOpen(
  reading: Reading,
  looks: OlderWaysLooks,
): Promise<{ tunnels: readonly FoundTunnel[]; loses: readonly string[] }> {
  const likely = reading.tunnels.filter(
    ({ entry, leftOut }) => entry.forwards !== undefined || leftOut.some(({ what }) => isWithoutShell(what)),
  );
  const whole = await Promise.all(likely.map((tunnel) => looks.addConfigured(tunnel)));
  const tunnels = whole.filter(({ entry }) => (entry.forwards?.length ?? 0) > 0);
  const lost = [...tunnels.flatMap(({ leftOut }) => leftOut), ...reading.leftOut].filter(
    ({ isNeedless, what, why }) => !isNeedless && isMissed(what, why),
  );
  return { tunnels, loses: lost.map(({ what, why }) => `${what}: ${why}`) };
}

function isWithoutShell(what: string): boolean {
  return what === "-N" || /sessiontype[\s=]*none/i.test(what);
}

/** Another forward, another program, or a command on the server; the rest is only another way to the same. */
function isMissed(what: string, why: string): boolean {
  return (
    /^-[LRDwW] |^(?:-o )?(?:Local|Remote|Dynamic)Forward|^(?:-o )?Tunnel|^the forwards|^ExecStart=/i.test(what) ||
    why === "nothing is run on the server"
  );
}
