import { readFile } from "node:fs/promises";

/** A connection over 127.0.0.1, seen from the side that accepted it. */
export interface AcceptedPorts {
  readonly remotePort?: number | undefined;
  readonly localPort?: number | undefined;
}

/**
 * Whether the other end of a loopback connection is a process of this user, or of root, who may do anything: false only where the
 * system says that it is another user's.
 */
export async function isOwnConnection(ports: AcceptedPorts): Promise<boolean> {
  const uid = process.getuid?.();
  if (process.platform !== "linux" || uid === undefined) return true;
  const owner = ownerInTable(await readFile("/proc/net/tcp", "utf8").catch(() => ""), ports);
  return owner === undefined || owner === uid || owner === 0;
}

/** The uid of the socket that is connected to ours, in the text of /proc/net/tcp. */
export function ownerInTable(table: string, { remotePort, localPort }: AcceptedPorts): number | undefined {
  const portOf = (address = "") => Number.parseInt(address.split(":")[1] ?? "", 16);
  for (const line of table.split("\n")) {
    const [, local, remote, , , , , uid] = line.trim().split(/\s+/);
    if (portOf(local) === remotePort && portOf(remote) === localPort) return Number(uid);
  }
  return undefined;
}
