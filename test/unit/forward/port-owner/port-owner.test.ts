import { describe, expect, it } from "vitest";
import {
  classifyCommand,
  describePortOwner,
  findPortOwner,
  type PortOwner,
  selectConflicts,
  showCommand,
} from "../../../../src/forward/port-owner/port-owner.js";
import { parseLsof, parseNetstat, parseTasklist } from "../../../../src/forward/port-owner/port-owner-command.js";
import { parseProcNetTcp } from "../../../../src/forward/port-owner/port-owner-linux.js";

const procHeader = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

function procLine(local: string, remote: string, state: string, inode: number): string {
  return `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;
}

describe("the listeners in /proc/net/tcp", () => {
  it("have their address bytes in reverse and their port in order", () => {
    const text = procHeader + procLine("0100007F:4965", "00000000:0000", "0A", 31337);
    expect(parseProcNetTcp(text)).toEqual([{ address: "127.0.0.1", port: 18789, inode: "31337" }]);
  });

  it("do not include connections, which share the local port with their listener", () => {
    const text = procHeader + procLine("0100007F:4965", "0100007F:C350", "01", 1) + procLine("00000000:0016", "00000000:0000", "0A", 2);
    expect(parseProcNetTcp(text)).toEqual([{ address: "0.0.0.0", port: 22, inode: "2" }]);
  });

  it("have IPv6 addresses reversed word by word, not as a whole", () => {
    const none = "00000000000000000000000000000000:0000";
    const text =
      procHeader +
      procLine("00000000000000000000000001000000:4965", none, "0A", 1) +
      procLine("00000000000000000000000000000000:4965", none, "0A", 2) +
      procLine("B80D0120000000000000000001020304:4965", none, "0A", 3) +
      procLine("0000000000000000FFFF00000100007F:4965", none, "0A", 4);
    expect(parseProcNetTcp(text).map(({ address }) => address)).toEqual(["::1", "::", "2001:db8::403:201", "::ffff:127.0.0.1"]);
  });

  it("are none in an empty, cut or foreign text", () => {
    for (const text of ["", procHeader, "   0: 0100007F:49", "a b c 0A e f g h i j", "   0: zz:1 x 0A 0 0 0 0 0 9"]) {
      expect(parseProcNetTcp(text)).toEqual([]);
    }
  });
});

describe("the listeners that lsof prints", () => {
  it("take their process from the lines before them", () => {
    const text = "p612\ncnode\nu501\nLada\nf18\ntIPv4\nn127.0.0.1:18789\nf19\ntIPv6\nn[::1]:18789\np700\ncssh\nu502\nf4\ntIPv4\nn*:2222\n";
    expect(parseLsof(text)).toEqual([
      { pid: 612, command: "node", user: "ada", address: "127.0.0.1", port: 18789 },
      { pid: 612, command: "node", user: "ada", address: "::1", port: 18789 },
      { pid: 700, command: "ssh", user: "502", address: "0.0.0.0", port: 2222 },
    ]);
  });

  it("have an IPv6 star as the wildcard of IPv6", () => {
    expect(parseLsof("p6\ncnode\nu0\nLroot\ntIPv6\nn*:42695\n")[0]?.address).toBe("::");
  });

  it("are none when lsof printed nothing or something else", () => {
    for (const text of ["", "lsof: WARNING: can't stat()\n", "p612\ncnode\nnsomething\n"]) expect(parseLsof(text)).toEqual([]);
  });
});

describe("the listeners that netstat prints", () => {
  it("are found in a German Windows as well", () => {
    const text = [
      "",
      "Aktive Verbindungen",
      "",
      "  Proto  Lokale Adresse         Remoteadresse          Status           PID",
      "  TCP    127.0.0.1:18789        0.0.0.0:0              ABHÖREN          4711",
      "  TCP    127.0.0.1:18789        127.0.0.1:50000        HERGESTELLT      4711",
      "  TCP    [::1]:18789            [::]:0                 ABHÖREN          4712",
      "  UDP    0.0.0.0:18789          *:*                                     4713",
    ].join("\r\n");
    expect(parseNetstat(text)).toEqual([
      { address: "127.0.0.1", port: 18789, pid: 4711 },
      { address: "::1", port: 18789, pid: 4712 },
    ]);
  });

  it("have the program's name from tasklist, even one with a comma", () => {
    expect(parseTasklist('\r\n"a, b.exe","4711","Console","1","45,000 K"\r\n', 4711)).toBe("a, b.exe");
  });

  it("have no name when tasklist found no such process", () => {
    expect(parseTasklist("INFO: No tasks are running which match the specified criteria.\r\n", 4711)).toBeUndefined();
  });
});

describe("a listener in the way of a bind", () => {
  const inTheWay = (host: string, ...held: string[]) =>
    selectConflicts(
      held.map((address) => ({ address })),
      host,
    ).map(({ address }) => address);

  it("is the one on the same address, before one on every address", () => {
    expect(inTheWay("127.0.0.1", "::", "0.0.0.0", "127.0.0.1")).toEqual(["127.0.0.1"]);
    expect(inTheWay("127.0.0.1", "::", "0.0.0.0")).toEqual(["0.0.0.0"]);
  });

  it("may be an IPv6 wildcard for an IPv4 address, but not the other way round", () => {
    expect(inTheWay("127.0.0.1", "::")).toEqual(["::"]);
    expect(inTheWay("::1", "0.0.0.0")).toEqual([]);
  });

  it("is not one on another address", () => {
    expect(inTheWay("127.0.0.1", "127.0.0.2", "::1", "10.0.0.5")).toEqual([]);
  });

  it("is any of the family when the wildcard is wanted", () => {
    expect(inTheWay("0.0.0.0", "127.0.0.1", "10.0.0.5", "::1")).toEqual(["127.0.0.1", "10.0.0.5"]);
    expect(inTheWay("::", "127.0.0.1", "::1")).toEqual(["127.0.0.1", "::1"]);
  });

  it("is the same however its address is spelled", () => {
    expect(inTheWay("0:0:0:0:0:0:0:1", "::1")).toEqual(["::1"]);
    expect(inTheWay("127.0.0.1", "::ffff:127.0.0.1")).toEqual(["::ffff:127.0.0.1"]);
    expect(inTheWay("fe80::1%eth0", "fe80::1")).toEqual(["fe80::1"]);
  });

  it("is not looked for on a port that cannot exist", async () => {
    for (const port of [0, -1, 65536, 1.5, Number.NaN]) expect(await findPortOwner(port, "127.0.0.1")).toBeUndefined();
  });
});

describe("the kind of a command", () => {
  it.each([
    [["ssh", "-N", "-L", "18789:127.0.0.1:18789", "openclaw.example"], "ssh"],
    [["/usr/lib/autossh/autossh", "-M", "0", "box"], "ssh"],
    [["C:\\Windows\\System32\\OpenSSH\\ssh.exe", "-N", "box"], "ssh"],
    [["ssh: /home/ada/.ssh/master-box [mux]"], "ssh"],
    [["sshd: ada@notty"], "other"],
    [["/usr/bin/node", "/usr/local/bin/clawtunnel", "daemon"], "clawtunnel"],
    [["clawtunnel", "open", "box"], "clawtunnel"],
    [["node", "--enable-source-maps", "/srv/openclaw/dist/cli/main.js", "daemon"], "clawtunnel"],
    [["node", "/srv/tool/dist/cli/main.js", "serve"], "other"],
    [["node", "/usr/lib/node_modules/OpenClaw/dist/index.js", "gateway"], "openclaw"],
    [["openclaw-gateway"], "openclaw"],
    [["nc", "-l", "127.0.0.1", "18789"], "other"],
    [[""], "other"],
    [[], "other"],
  ] as const)("of %j is %s", (argv, kind) => {
    expect(classifyCommand([...argv])).toBe(kind);
  });
});

describe("a shown command", () => {
  it.each([
    [["gw", "--token", "s3cret", "--port", "1"], "gw --token *** --port 1"],
    [["gw", "--token=s3cret", "--port=1"], "gw --token=*** --port=1"],
    [["gw", "--gateway-token", "s3cret"], "gw --gateway-token ***"],
    [["gw", "--password", "s3cret with s3cret"], "gw --password ***"],
    [["gw", "password=s3cret with s3cret"], "gw password=***"],
    [["gw", "--token", "--password", "s3cret"], "gw --token *** ***"],
    [["gw", "--passphrase\ts3cret"], "gw --passphrase ***"],
    [["sh", "-c", "exec gw --password 's3cret s3cret' --port 1"], "sh -c exec gw --password *** --port 1"],
    [["sh", "-c", "OPENCLAW_TOKEN=s3cret gw"], "sh -c OPENCLAW_TOKEN=***"],
    [["gw", "-H", "Authorization: Bearer s3cret"], "gw -H Authorization:***"],
    [["gw", "-H", "Authorization:", "Bearer", "s3cret"], "gw -H Authorization: Bearer ***"],
    [["gw", '{"port":1,"apiKey":"s3cret"}'], 'gw {"port":1,"apiKey":***'],
    [["gw", "postgres://ada:s3cret@db/x"], "gw postgres://ada:***@db/x"],
    [["gw", "http://127.0.0.1:1/#token=s3cret"], "gw http://127.0.0.1:1/#token=***"],
  ])("hides the secret of %j", (argv, shown) => {
    expect(showCommand(argv)).toBe(shown);
  });

  it("keeps what only sounds like a secret", () => {
    const argv = ["ssh", "-N", "-o", "PasswordAuthentication=no", "-L", "18789:127.0.0.1:18789", "ada@box"];
    expect(showCommand(argv)).toBe(argv.join(" "));
  });

  it("cannot colour, move or turn round the terminal's text", () => {
    expect(showCommand(["nc\u001b[31m", "a\nb", "\u202eevil", "\u009bc"])).toBe("nc [31m a b  evil  c");
  });

  it("ends after 120 characters, secrets and all", () => {
    expect(showCommand(["x".repeat(120)])).toBe("x".repeat(120));
    expect([...showCommand(["😀".repeat(500)])]).toHaveLength(120);
    expect(showCommand(["gw", "--token", "s3cret".repeat(10_000), "tail"])).toBe("gw --token *** tail");
  });

  it("is empty when there is nothing to show", () => {
    expect(showCommand([])).toBe("");
    expect(showCommand([""])).toBe("");
  });
});

describe("the sentence about an owner", () => {
  const owner: PortOwner = {
    pid: 4711,
    command: "nc -l 127.0.0.1 18789",
    user: "root",
    kind: "other",
    isOwn: false,
    home: null,
    keeperPid: null,
  };

  it("gives pid, command and user", () => {
    expect(describePortOwner(owner)).toBe("pid 4711 (nc -l 127.0.0.1 18789), user root");
  });

  it("leaves out what is not known", () => {
    expect(describePortOwner({ ...owner, command: "", user: null })).toBe("pid 4711");
  });

  it("says first what kind of program it is, where that tells what to do", () => {
    expect(describePortOwner({ ...owner, kind: "clawtunnel" })).toMatch(/^another clawtunnel, pid 4711 /);
    expect(describePortOwner({ ...owner, kind: "ssh" })).toMatch(/^an ssh forward, pid 4711 /);
    expect(describePortOwner({ ...owner, kind: "openclaw" })).toMatch(/^an OpenClaw gateway on this machine, pid 4711 /);
  });

  it("says which clawtunnel, and whose ssh", () => {
    expect(describePortOwner({ ...owner, kind: "clawtunnel", home: "/srv/ct" })).toMatch(
      /^another clawtunnel \(home \/srv\/ct\), pid 4711 /,
    );
    expect(describePortOwner({ ...owner, kind: "clawtunnel", pid: process.pid })).toBe("another tunnel of this clawtunnel");
    expect(describePortOwner({ ...owner, kind: "ssh", isOwn: true })).toMatch(/^an ssh forward of yours, pid 4711 /);
    expect(describePortOwner({ ...owner, kind: "ssh", isOwn: true, keeperPid: 12 })).toMatch(
      /^an ssh forward of yours, kept up by autossh \(pid 12\), pid 4711 /,
    );
  });
});
