import { describe, expect, it } from "vitest";
import { checkConfig } from "../../../../src/config/parse.js";
import type { ForwardEntry } from "../../../../src/config/schema.js";
import { matchWays, olderWaysToReplace } from "../../../../src/service/older-ways/match-forwards.js";
import type { OlderWay } from "../../../../src/service/older-ways/older-way.js";
import type { Servers } from "../../../../src/service/older-ways/same-server.js";

function tunnelsOf(tunnels: Record<string, { target: string; forwards: ForwardEntry[]; sshOptions?: string[] }>) {
  const parsed = checkConfig({ tunnels });
  if (!("config" in parsed)) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config.tunnels;
}

const way = (target: string, forwards: ForwardEntry[], others: Partial<OlderWay> = {}): OlderWay => ({
  manager: "systemd",
  name: "tunnel.service",
  path: "/home/me/.config/systemd/user/tunnel.service",
  line: null,
  isLinked: false,
  tunnels: [{ name: "tunnel", source: "", entry: { target, forwards }, leftOut: [] }],
  loses: [],
  isEnabled: true,
  isActive: true,
  domain: null,
  ...others,
});

const ours = tunnelsOf({
  web: {
    target: "me@box",
    forwards: [
      { local: "8080", to: "localhost:80" },
      { remote: "2222", to: "127.0.0.1:22" },
    ],
  },
  socks: { target: "vps", forwards: [{ dynamic: "127.0.0.1:1080" }] },
  lan: { target: "vps", forwards: [{ local: "0.0.0.0:9000", to: "db:5432", allowLan: true }] },
  socket: { target: "vps", forwards: [{ local: "/run/me/db.sock", to: "/run/db.sock" }] },
});

const verdictsOf = (target: string, forwards: ForwardEntry[], servers?: Servers) =>
  matchWays([way(target, forwards)], ours, servers)[0]?.forwards.map(({ verdict, tunnel }) => [verdict, tunnel]);

describe("an older forward", () => {
  it.each<[what: string, target: string, forward: ForwardEntry, verdict: string, tunnel: string | null]>([
    ["with our address and destination", "me@box", { local: "127.0.0.1:8080", to: "127.0.0.1:80" }, "same", "web"],
    ["on the other loopback address", "me@box", { local: "[::1]:8080", to: "localhost:80" }, "same", "web"],
    ["of a target without a user", "box", { local: "127.0.0.1:8080", to: "localhost:80" }, "same", "web"],
    ["of another user", "you@box", { local: "127.0.0.1:8080", to: "localhost:80" }, "sameBind", "web"],
    ["of another server", "me@other", { local: "127.0.0.1:8080", to: "localhost:80" }, "sameBind", "web"],
    ["to another port", "me@box", { local: "127.0.0.1:8080", to: "localhost:81" }, "sameBind", "web"],
    ["to a socket", "me@box", { local: "127.0.0.1:8080", to: "/run/x.sock" }, "sameBind", "web"],
    ["that is a proxy", "me@box", { dynamic: "127.0.0.1:8080" }, "sameBind", "web"],
    ["that lets other machines in, where ours does not", "me@box", { local: "0.0.0.0:8080", to: "localhost:80" }, "sameBind", "web"],
    ["for this machine, where ours lets others in too", "vps", { local: "127.0.0.1:9000", to: "db:5432" }, "same", "lan"],
    ["for other machines, as ours", "vps", { local: "0.0.0.0:9000", to: "db:5432" }, "same", "lan"],
    ["on an address of a network", "vps", { local: "192.168.1.5:9000", to: "db:5432" }, "sameBind", "lan"],
    ["of the server", "me@box", { remote: "localhost:2222", to: "localhost:22" }, "same", "web"],
    ["of the server, leading elsewhere", "me@box", { remote: "localhost:2222", to: "localhost:80" }, "sameBind", "web"],
    ["of another server, whose port is another one", "me@other", { remote: "localhost:2222", to: "localhost:22" }, "other", null],
    ["that is our proxy", "vps", { dynamic: "127.0.0.1:1080" }, "same", "socks"],
    ["between our sockets", "vps", { local: "/run/me/db.sock", to: "/run/db.sock" }, "same", "socket"],
    ["on another port", "me@box", { local: "127.0.0.1:8081", to: "localhost:80" }, "other", null],
    ["that our config would not take", "me@box", { local: "127.0.0.1:0", to: "localhost:80" }, "other", null],
    ["of a target that is none", "-x", { local: "127.0.0.1:8080", to: "localhost:80" }, "sameBind", "web"],
  ])("%s", (_, target, forward, verdict, tunnel) => {
    expect(verdictsOf(target, [forward])).toEqual([[verdict, tunnel]]);
  });

  it("is the same through an alias of ssh_config, where ssh says so, and another where it says that", () => {
    const forward = [{ local: "127.0.0.1:8080", to: "localhost:80" }];
    const servers = (alias: string) =>
      new Map([
        ["\nremote-gateway", alias],
        ["\nme@box", "me@box.example.com:22"],
      ]);
    expect(verdictsOf("remote-gateway", forward)).toEqual([["sameBind", "web"]]);
    expect(verdictsOf("remote-gateway", forward, servers("me@box.example.com:22"))).toEqual([["same", "web"]]);
    expect(verdictsOf("remote-gateway", forward, servers("me@box.example.com:23"))).toEqual([["sameBind", "web"]]);
  });

  it("is another one where an option makes another server of the target", () => {
    const [matched] = matchWays(
      [
        way("me@box", [], {
          tunnels: [
            {
              name: "",
              source: "",
              leftOut: [],
              entry: { target: "me@box", sshOptions: ["HostName=10.0.0.1"], forwards: [{ local: "127.0.0.1:8080", to: "localhost:80" }] },
            },
          ],
        }),
      ],
      ours,
    );
    expect(matched?.verdict).toBe("fights");
  });
});

describe("an older way", () => {
  const same = { local: "127.0.0.1:8080", to: "localhost:80" };
  const fights = { local: "127.0.0.1:1080", to: "localhost:80" };
  const other = { local: "127.0.0.1:7000", to: "localhost:80" };

  it.each<[verdict: string, what: string, forwards: ForwardEntry[], others?: Partial<OlderWay>]>([
    ["replaceable", "that does what ours do and no more", [same, { remote: "localhost:2222", to: "localhost:22" }]],
    ["partly", "that does more", [same, other]],
    ["partly", "that fights for one address besides", [same, fights]],
    ["partly", "that runs something else as well", [same], { loses: ["ExecStart=/usr/bin/backup: it is not run"] }],
    ["fights", "that has our address for something else", [fights]],
    ["other", "that has nothing to do with ours", [other]],
  ])("is %s: one %s", (verdict, _, forwards, others) => {
    const [matched] = matchWays([way("me@box", forwards, others)], ours);
    expect(matched?.verdict).toBe(verdict);
  });

  it("is to be replaced only with nothing lost, and by who can", () => {
    const ways = [
      way("me@box", [same], { name: "a" }),
      way("me@box", [same, other], { name: "b" }),
      way("me@box", [fights], { name: "c" }),
      way("me@box", [same], { name: "d", manager: "systemd-system" }),
      way("me@box", [same], { name: "e", manager: "cron" }),
    ];
    expect(olderWaysToReplace(matchWays(ways, ours)).map((found) => found.way.name)).toEqual(["a", "e"]);
  });
});
