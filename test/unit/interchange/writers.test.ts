import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TunnelEntry } from "../../../src/config/schema.js";
import { readCommandText } from "../../../src/interchange/ssh/read-command-text.js";
import { readShellCommand } from "../../../src/interchange/ssh/shell-words.js";
import { writeCommandLine } from "../../../src/interchange/writers/command-line.js";
import { describeNoEquivalent } from "../../../src/interchange/writers/no-equivalent.js";
import { outgoingTunnel } from "../../../src/interchange/writers/outgoing.js";
import { quoteForShell } from "../../../src/interchange/writers/quote.js";
import { writeSshConfigBlock } from "../../../src/interchange/writers/ssh-config-block.js";

const whole: TunnelEntry = {
  target: "me@vps:2222",
  sshConfig: "~/.ssh/work config",
  jump: ["edge", "me@bastion:2200"],
  identities: ["~/.ssh/id", "/keys/it's"],
  knownHosts: ["~/.ssh/known hosts", "/k"],
  globalKnownHosts: [],
  sshOptions: ["ProxyCommand=nc -x 'a b' %h $HOME", "IdentityAgent=~/agent.sock"],
  connectTimeoutMs: 7000,
  keepaliveIntervalMs: 30_000,
  keepaliveCountMax: 4,
  forwards: [
    { local: "127.0.0.1:5432", to: "db:5432" },
    { local: "[::1]:8080", to: "[2001:db8::1]:80" },
    { remote: "localhost:9000", to: "127.0.0.1:3000" },
    { remote: "*:9001", to: "/run/app.sock" },
    { local: "/run/user/1000/docker.sock", to: "/var/run/docker.sock" },
    { dynamic: "127.0.0.1:1080" },
  ],
};

/** What a command says of it when it is read again. */
function readBack(text: string): TunnelEntry | undefined {
  return readCommandText(text, { folder: "/elsewhere", variables: {} }).tunnels[0]?.entry;
}

describe.each(["ssh", "autossh"] as const)("a command of %s", (program) => {
  it("is read back as the entry that it was written from", () => {
    expect(readBack(writeCommandLine(program, outgoingTunnel("db", whole)))).toEqual(whole);
  });

  it("says what our defaults would do, where the tunnel says nothing", () => {
    const entry = { target: "box", forwards: [{ local: "8080", to: "web:80" }] };
    expect(readBack(writeCommandLine(program, outgoingTunnel("web", entry, { keepaliveCountMax: 7 })))).toEqual({
      target: "box",
      connectTimeoutMs: 10_000,
      keepaliveIntervalMs: 5_000,
      keepaliveCountMax: 7,
      forwards: [{ local: "127.0.0.1:8080", to: "web:80" }],
    });
  });
});

it("leaves to ssh_config what it says already, unless the tunnel says otherwise", () => {
  const facts = { configured: new Set(["ServerAliveInterval", "ServerAliveCountMax", "ConnectTimeout"]), isAlias: true };
  const forwards = [{ dynamic: "127.0.0.1:1080" }];
  const keys = (entry: object) => outgoingTunnel("a", { target: "me@box", forwards, ...entry }, {}, facts).settings.map(({ key }) => key);
  expect(keys({})).toEqual(["ExitOnForwardFailure"]);
  expect(keys({ keepaliveCountMax: 3 })).toEqual(["ExitOnForwardFailure", "ServerAliveCountMax"]);
  const saysItself = outgoingTunnel("a", { target: "box", forwards, sshOptions: ["serveraliveinterval 60"] });
  expect(saysItself.settings.filter(({ key }) => /interval/i.test(key))).toEqual([{ key: "serveraliveinterval", value: "60" }]);
  const block = writeSshConfigBlock(outgoingTunnel("a", { target: "me@box", forwards }, {}, facts));
  expect(block).toMatch(/^Host box\n {4}User me\n {4}Exit/);
});

it("begins a command as people know it", () => {
  const outgoing = outgoingTunnel("openclaw", { target: "ubuntu@203.0.113.7", preset: "openclaw" });
  const options = "-o ExitOnForwardFailure=yes -o ServerAliveInterval=5 -o ServerAliveCountMax=2 -o ConnectTimeout=10";
  expect(writeCommandLine("ssh", outgoing)).toBe(`ssh -N ${options} -L 127.0.0.1:18789:127.0.0.1:18789 ubuntu@203.0.113.7`);
  expect(writeCommandLine("autossh", outgoing)).toBe(`autossh -M 0 -N ${options} -L 127.0.0.1:18789:127.0.0.1:18789 ubuntu@203.0.113.7`);
});

it("writes a Host block of its own for a user or a port, and adds to that of an alias", () => {
  expect(writeSshConfigBlock(outgoingTunnel("db", whole))).toBe(`Host db
    HostName vps
    User me
    Port 2222
    IdentityFile ~/.ssh/id
    IdentityFile "/keys/it's"
    ProxyJump edge,me@bastion:2200
    ExitOnForwardFailure yes
    ServerAliveInterval 30
    ServerAliveCountMax 4
    ConnectTimeout 7
    UserKnownHostsFile "~/.ssh/known hosts" /k
    GlobalKnownHostsFile none
    ProxyCommand nc -x 'a b' %h $HOME
    IdentityAgent ~/agent.sock
    LocalForward 127.0.0.1:5432 db:5432
    LocalForward [::1]:8080 [2001:db8::1]:80
    RemoteForward localhost:9000 127.0.0.1:3000
    RemoteForward *:9001 /run/app.sock
    LocalForward /run/user/1000/docker.sock /var/run/docker.sock
    DynamicForward 127.0.0.1:1080`);
  expect(writeSshConfigBlock(outgoingTunnel("db", { target: "box", forwards: [{ dynamic: "1080" }] }))).toMatch(/^Host box\n {4}ExitOn/);
});

it("names what ssh has no word for, and nothing else", () => {
  const entry: TunnelEntry = {
    targets: ["box", "box.ts.net"],
    preset: "openclaw",
    engine: "ssh2",
    schedule: { up: "0 8 * * *" },
    renew: "0 3 * * *",
    onPortBusy: "next",
    keepaliveIntervalMs: 1500,
    forwards: [{ local: "8080", to: "web:80", health: { http: "/" }, offlinePage: false }],
  };
  const told = describeNoEquivalent(entry, { waitForTunnelMs: 5 }, "ssh").map((line) => line.split(":")[0]);
  expect(told).toEqual([
    "targets",
    "schedule",
    "renew",
    "onPortBusy",
    "waitForTunnelMs",
    "preset",
    "engine",
    "health of a forward",
    "offlinePage of a forward",
    "keepaliveIntervalMs",
  ]);
  expect(describeNoEquivalent(whole, {}, "ssh")).toEqual([]);
  expect(describeNoEquivalent(whole, {}, "ssh-config")).toEqual(["sshConfig: the block belongs into ~/.ssh/work config, at its top"]);
});

describe("a word quoted for a shell", () => {
  it("is read as the very word again, whatever is in it", () => {
    // A line of a shell is what is written, and a line ends it.
    const letters = [..."$`\"'\\ \t~#&;|<>()*?[]{}!=%^-+:,./@_aZ0é"];
    const hostile = fc.string({ unit: fc.constantFrom(...letters), maxLength: 8 });
    const any = fc.string({ unit: "binary", maxLength: 8 }).filter((word) => !/[\0\r\n]/.test(word));
    fc.assert(
      fc.property(fc.array(fc.oneof(hostile, any), { maxLength: 5 }), (words) => {
        const line = ["x", ...words].map(quoteForShell).join(" ");
        expect(readShellCommand(line, { a: "wrong", Z: "wrong", _: "wrong" })).toEqual({ words: ["x", ...words], leftOut: [] });
      }),
    );
  });

  it.each([
    ["plain-word_1.2:3/4@5%6", "plain-word_1.2:3/4@5%6"],
    ["", "''"],
    ["a b", "'a b'"],
    ["it's", "'it'\\''s'"],
    ["$(touch x)", "'$(touch x)'"],
    ["~/keys/my key", "~/'keys/my key'"],
    ["~root/x", "'~root/x'"],
    ["=ls", "'=ls'"],
    ["#no", "'#no'"],
    ["a\nb", "'a\nb'"],
  ])("%j becomes %s", (word, quoted) => {
    expect(quoteForShell(word)).toBe(quoted);
  });
});
