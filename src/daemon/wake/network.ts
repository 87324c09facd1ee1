import type { NetworkInterfaceInfo } from "node:os";

/**
 * The addresses that this machine has towards others, and its routes as the system tells them, as one text that changes when
 * the network does. Link-local addresses of IPv6 come and go with the interface and say nothing more.
 */
export function describeNetwork(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>, routes: string): string {
  const addresses = Object.entries(interfaces).flatMap(([name, infos = []]) =>
    infos.filter(({ internal, address }) => !internal && !address.startsWith("fe80:")).map(({ cidr }) => `${name} ${cidr}`),
  );
  return `${addresses.sort().join("\n")}\n${defaultRoutes(routes)}`;
}

/** Of /proc/net/route only the default routes: the columns that count packets and users change all the time. */
function defaultRoutes(routes: string): string {
  return routes
    .split("\n")
    .map((line) => line.split("\t"))
    .filter(([, destination]) => destination === "00000000")
    .map(([name, , gateway]) => `${name} ${gateway}`)
    .sort()
    .join("\n");
}
