import { BlockList, isIPv4, isIPv6 } from "node:net";

/** Who can reach an address: this machine, its tailnet, its private network, everybody; or it stands for all that a machine has. */
export type AddressScope = "loopback" | "tailnet" | "private" | "public" | "every";

const loopback = blockList(["127.0.0.0/8", "::1/128"]);
/** Tailscale's: the shared address space of RFC 6598, and its own part of fc00::/7. */
const tailnet = blockList(["100.64.0.0/10", "fd7a:115c:a1e0::/48"]);
/** RFC 1918, RFC 4193 and link-local. */
const privateNetworks = blockList(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"]);

/** Of an address as the kernel and its tools write it: with a zone, in IPv6's form of an IPv4 address, or as `*`. Pure. */
export function scopeOf(host: string): AddressScope {
  const address = bareAddress(host);
  if (["0.0.0.0", "::", "*"].includes(address)) return "every";
  if (isIn(loopback, address)) return "loopback";
  if (isIn(tailnet, address)) return "tailnet";
  return isIn(privateNetworks, address) ? "private" : "public";
}

/** Without brackets and zone; the IPv4 address of an IPv4-mapped one, which is what it binds. */
function bareAddress(host: string): string {
  return host
    .replaceAll(/[[\]]/g, "")
    .replace(/%.*$/, "")
    .replace(/^::ffff:(?=\d+\.\d)/i, "");
}

function isIn(list: BlockList, address: string): boolean {
  if (isIPv4(address)) return list.check(address, "ipv4");
  return isIPv6(address) && list.check(address, "ipv6");
}

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = "", prefix] = subnet.split("/");
    list.addSubnet(address, Number(prefix), isIPv4(address) ? "ipv4" : "ipv6");
  }
  return list;
}
