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
  // A socket of IPv6 reaches 127.0.0.1 as well, and stands in the other table.
  const tables = await Promise.all(["tcp", "tcp6"].map((name) => readFile(`/proc/net/${name}`, "utf8").catch(() => "")));
  return tables.flatMap((table) => ownersInTable(table, ports)).every((owner) => owner === uid || owner === 0);
}

/**
 * The uids of the sockets that are connected to ours, in the text of /proc/net/tcp or tcp6: one, and whatever has the same ports at
 * other addresses, which another user may have put there. The kernel gives root (0) what has been closed.
 */
export function ownersInTable(table: string, { remotePort, localPort }: AcceptedPorts): number[] {
  const portOf = (address = "") => Number.parseInt(address.split(":")[1] ?? "", 16);
  return table.split("\n").flatMap((line) => {
    const [, local, remote, , , , , uid] = line.trim().split(/\s+/);
    return portOf(local) === remotePort && portOf(remote) === localPort ? [Number(uid)] : [];
  });
}
