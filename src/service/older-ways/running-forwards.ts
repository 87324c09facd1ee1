import { type Address, formatAddress } from "../../base/address.js";
import { localAddresses } from "../../config/binds.js";
import type { TunnelSpec } from "../../config/tunnel-spec.js";
import { describePortOwner, findPortOwner, type PortOwner } from "../../forward/port-owner/port-owner.js";

/** Has an address of ours now; whether it comes again nobody knows. */
export interface RunningForward {
  readonly bind: Address;
  readonly owner: PortOwner;
}

type FindOwner = (port: number, host: string) => Promise<PortOwner | undefined>;

/** Every ssh or autossh of this user that listens where one of these tunnels is to. */
export async function findRunningForwards(tunnels: Iterable<TunnelSpec>, findOwner: FindOwner = findPortOwner): Promise<RunningForward[]> {
  const running: RunningForward[] = [];
  for (const bind of localAddresses([...tunnels].flatMap(({ forwards }) => forwards))) {
    const owner = await findOwner(bind.port, bind.host);
    if (owner?.kind === "ssh" && owner.isOwn) running.push({ bind, owner });
  }
  return running;
}

export function describeRunningForward({ bind, owner }: RunningForward): string {
  return `${formatAddress(bind)} is held by ${describePortOwner(owner)}`;
}
