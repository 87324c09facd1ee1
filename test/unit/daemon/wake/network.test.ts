import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { describeNetwork } from "../../../../src/daemon/wake/network.js";

const header = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
const route = (name: string, gateway: string, use = 0) => `${name}\t00000000\t${gateway}\t0003\t0\t${use}\t0\t00000000\t0\t0\t0\n`;
const lo = address("127.0.0.1", true);

function address(ip: string, internal = false): NetworkInterfaceInfo {
  return { address: ip, cidr: `${ip}/24`, internal, family: "IPv4", mac: "00:00:00:00:00:00", netmask: "255.255.255.0" };
}

describe("the network of this machine", () => {
  const home = describeNetwork({ lo: [lo], wlan0: [address("192.168.0.7")] }, header + route("wlan0", "0100A8C0"));

  it.each([
    ["another address", { lo: [lo], wlan0: [address("10.0.0.7")] }, route("wlan0", "0100A8C0")],
    ["another default route", { lo: [lo], wlan0: [address("192.168.0.7")] }, route("wlan0", "FE00A8C0")],
    ["no network at all", { lo: [lo] }, ""],
    ["a VPN beside it", { lo: [lo], wlan0: [address("192.168.0.7")], tun0: [address("10.8.0.2")] }, route("wlan0", "0100A8C0")],
  ])("is not the same with %s", (_what, interfaces, routes) => {
    expect(describeNetwork(interfaces, header + routes)).not.toBe(home);
  });

  it("is the same when only counters, link-local addresses or the order differ", () => {
    const interfaces = { wlan0: [address("fe80::1"), address("192.168.0.7")], lo: [lo] };
    expect(describeNetwork(interfaces, header + route("wlan0", "0100A8C0", 99))).toBe(home);
  });
});
