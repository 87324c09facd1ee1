// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are of shells, units and other programs
import { describe, expect, it } from "vitest";
import type { LeftOut } from "../../../src/interchange/reading.js";
import { readCommandText } from "../../../src/interchange/ssh/read-command-text.js";

const context = { folder: "/work", variables: { HOME: "/home/me", HOST: "vps" } };

function read(text: string) {
  const { tunnels, leftOut } = readCommandText(text, context);
  const [only, ...others] = tunnels;
  if (only === undefined || others.length > 0) throw new Error(`not one tunnel: ${JSON.stringify({ tunnels, leftOut })}`);
  return only;
}

const what = (leftOut: readonly LeftOut[], isNeedless: boolean) =>
  leftOut.filter((left) => left.isNeedless === isNeedless).map((left) => left.what);

const web = { local: "127.0.0.1:8080", to: "127.0.0.1:80" };

describe("a command that people have", () => {
  it.each([
    // OpenClaw's own recipe, and what its programs start.
    [
      "ssh -N -L 18789:127.0.0.1:18789 user@gateway-host",
      { target: "user@gateway-host", forwards: [{ local: "127.0.0.1:18789", to: "127.0.0.1:18789" }] },
    ],
    [
      "/usr/bin/ssh -N -L 127.0.0.1:28789:127.0.0.1:18789 -p 2201 -o ExitOnForwardFailure=yes -o BatchMode=yes -o StrictHostKeyChecking=yes -o UpdateHostKeys=yes -o ConnectTimeout=5 -o ServerAliveInterval=15 -o ServerAliveCountMax=3 -i ~/.ssh/id -- root@203.0.113.7",
      {
        target: "root@203.0.113.7:2201",
        identities: ["~/.ssh/id"],
        sshOptions: ["StrictHostKeyChecking=yes", "UpdateHostKeys=yes"],
        connectTimeoutMs: 5000,
        keepaliveIntervalMs: 15_000,
        keepaliveCountMax: 3,
        forwards: [{ local: "127.0.0.1:28789", to: "127.0.0.1:18789" }],
      },
    ],
    [
      "ssh -o BatchMode=yes -o ControlMaster=no -o ControlPath=none -o ControlPersist=no -o ForkAfterAuthentication=no -o TCPKeepAlive=yes -n -N -L 8080:127.0.0.1:80 vps",
      { target: "vps", forwards: [web] },
    ],
    ["ssh -N remote-gateway", { target: "remote-gateway" }],
    // autossh, as its manual and the web have it.
    ["autossh -M 0 -f -N -L 8080:127.0.0.1:80 me@vps", { target: "me@vps", forwards: [web] }],
    ["autossh -M0 -fNL 8080:127.0.0.1:80 me@vps", { target: "me@vps", forwards: [web] }],
    [
      "autossh -M 20000:7 -fN -R 2222:localhost:22 me@vps",
      { target: "me@vps", forwards: [{ remote: "localhost:2222", to: "localhost:22" }] },
    ],
    [
      'AUTOSSH_GATETIME=0 AUTOSSH_PORT=0 autossh -f -N -o "ServerAliveInterval 30" -o "ServerAliveCountMax 3" -D 1080 me@vps',
      { target: "me@vps", keepaliveIntervalMs: 30_000, keepaliveCountMax: 3, forwards: [{ dynamic: "127.0.0.1:1080" }] },
    ],
    ["env AUTOSSH_DEBUG=1 /usr/lib/autossh/autossh -M 0 -N -D 1080 vps", { target: "vps", forwards: [{ dynamic: "127.0.0.1:1080" }] }],
    ["nohup ssh -N -L 8080:127.0.0.1:80 me@vps > /dev/null 2>&1 &", { target: "me@vps", forwards: [web] }],
    ["exec ssh -NT -L 8080:127.0.0.1:80 me@vps", { target: "me@vps", forwards: [web] }],
    ["sh -c 'exec ssh -N -L 8080:127.0.0.1:80 me@vps'", { target: "me@vps", forwards: [web] }],
    ['/bin/bash -lc "ssh -N -L 8080:127.0.0.1:80 me@vps"', { target: "me@vps", forwards: [web] }],
    ["ssh -N \\\n  -L 8080:127.0.0.1:80 \\\n  me@vps", { target: "me@vps", forwards: [web] }],
    // Where things stand.
    ["ssh me@vps -L 8080:127.0.0.1:80 -N", { target: "me@vps", forwards: [web] }],
    ["ssh -NL8080:127.0.0.1:80 -p2222 -lme vps", { target: "me@vps:2222", forwards: [web] }],
    ["ssh -N -L 8080:127.0.0.1:80 ssh://me@vps:2222", { target: "me@vps:2222", forwards: [web] }],
    ["ssh -N -l you -p 22 -L 8080:127.0.0.1:80 me@vps -p 2222", { target: "you@vps:22", forwards: [web] }],
    ["ssh -N -o Port=2222 -o User=me -o LocalForward='8080 127.0.0.1:80' vps", { target: "me@vps:2222", forwards: [web] }],
    // The kinds of forwards and their binds.
    ["ssh -N -L localhost:8080:127.0.0.1:80 vps", { target: "vps", forwards: [web] }],
    ["ssh -N -L '[::1]:8080:[2001:db8::1]:80' vps", { target: "vps", forwards: [{ local: "[::1]:8080", to: "[2001:db8::1]:80" }] }],
    ["ssh -N -L '*:8080:web:80' vps", { target: "vps", forwards: [{ local: "0.0.0.0:8080", to: "web:80" }] }],
    ["ssh -N -L :8080:web:80 vps", { target: "vps", forwards: [{ local: "0.0.0.0:8080", to: "web:80" }] }],
    [
      "ssh -gN -L 8080:web:80 -D 1080 vps",
      { target: "vps", forwards: [{ local: "0.0.0.0:8080", to: "web:80" }, { dynamic: "0.0.0.0:1080" }] },
    ],
    ["ssh -N -o GatewayPorts=yes -L 8080:web:80 vps", { target: "vps", forwards: [{ local: "0.0.0.0:8080", to: "web:80" }] }],
    ["ssh -N -R 0:localhost:3000 vps", { target: "vps", forwards: [{ remote: "localhost:0", to: "localhost:3000" }] }],
    ["ssh -gN -R 9000:localhost:3000 vps", { target: "vps", forwards: [{ remote: "localhost:9000", to: "localhost:3000" }] }],
    [
      "ssh -N -R '*:9000:localhost:3000' -R :9001:localhost:3001 vps",
      {
        target: "vps",
        forwards: [
          { remote: "*:9000", to: "localhost:3000" },
          { remote: "*:9001", to: "localhost:3001" },
        ],
      },
    ],
    ["ssh -N -D 127.0.0.1:1080 vps", { target: "vps", forwards: [{ dynamic: "127.0.0.1:1080" }] }],
    ["ssh -N -L /run/d.sock:/var/run/docker.sock vps", { target: "vps", forwards: [{ local: "/run/d.sock", to: "/var/run/docker.sock" }] }],
    [
      "ssh -N -L d.sock:/var/run/docker.sock vps -L ./d.sock:web:80",
      { target: "vps", forwards: [{ local: "/work/d.sock", to: "web:80" }] },
    ],
    ["ssh -N -L 2375:/var/run/docker.sock vps", { target: "vps", forwards: [{ local: "127.0.0.1:2375", to: "/var/run/docker.sock" }] }],
    ["ssh -N -R /tmp/x.sock:localhost:3000 vps", { target: "vps", forwards: [{ remote: "/tmp/x.sock", to: "localhost:3000" }] }],
    // The way there.
    [
      "ssh -N -J me@edge,bastion:2222 -D 1080 vps",
      { target: "vps", jump: ["me@edge", "bastion:2222"], forwards: [{ dynamic: "127.0.0.1:1080" }] },
    ],
    ["ssh -N -o ProxyJump=edge -D 1080 vps", { target: "vps", jump: ["edge"], forwards: [{ dynamic: "127.0.0.1:1080" }] }],
    [
      "ssh -N -o 'ProxyCommand=nc -x proxy:1080 %h %p' -D 1080 vps",
      { target: "vps", sshOptions: ["ProxyCommand=nc -x proxy:1080 %h %p"], forwards: [{ dynamic: "127.0.0.1:1080" }] },
    ],
    [
      "ssh -N -F work.conf -i keys/a -i /b -D 1080 vps",
      { target: "vps", sshConfig: "/work/work.conf", identities: ["/work/keys/a", "/b"], forwards: [{ dynamic: "127.0.0.1:1080" }] },
    ],
    ["ssh -N -F none -D 1080 vps", { target: "vps", sshConfig: "none", forwards: [{ dynamic: "127.0.0.1:1080" }] }],
    [
      "ssh -4CN -b 10.0.0.2 -c aes128-ctr -m hmac-sha2-256 -D 1080 vps",
      {
        target: "vps",
        sshOptions: ["AddressFamily=inet", "Compression=yes", "BindAddress=10.0.0.2", "Ciphers=aes128-ctr", "MACs=hmac-sha2-256"],
        forwards: [{ dynamic: "127.0.0.1:1080" }],
      },
    ],
    [
      `ssh -N -o UserKnownHostsFile='"/a b" c' -o GlobalKnownHostsFile=none -D 1080 "$HOST"`,
      { target: "vps", knownHosts: ["/a b", "/work/c"], globalKnownHosts: [], forwards: [{ dynamic: "127.0.0.1:1080" }] },
    ],
    [
      "ssh -N -i ${HOME}/.ssh/id -D 1080 me@::1",
      { target: "me@::1", identities: ["/home/me/.ssh/id"], forwards: [{ dynamic: "127.0.0.1:1080" }] },
    ],
  ])("%s", (text, entry) => {
    expect(read(text).entry).toEqual(entry);
  });
});

it("passes on an option whose name objects have of themselves", () => {
  expect(read("ssh -N -o constructor=x vps")).toMatchObject({ entry: { sshOptions: ["constructor=x"] } });
});

describe("what is not taken over", () => {
  it("is told word by word, what clawtunnel does itself apart from what is lost", () => {
    const { leftOut } = read("AUTOSSH_POLL=60 SECRET=hunter2 autossh -M 0 -fNAX -o BatchMode=yes -w 0:0 -D 1080 -R 9002 vps uptime -p");
    expect(what(leftOut, true)).toEqual(["AUTOSSH_POLL=60", "-M 0", "-f", "-N", "-o BatchMode=yes"]);
    expect(what(leftOut, false)).toEqual(["SECRET", "-A", "-X", "-w 0:0", "uptime -p", "-R 9002"]);
    expect(leftOut.every(({ why }) => why.length > 5)).toBe(true);
  });

  it.each([
    ["ssh -N -p 22 -p 23 -D 1080 vps", "-p 23"],
    ["ssh -N -l me you@vps", "you@"],
    ["ssh -N -F a -F b vps", "-F b"],
    ["ssh -N -o ServerAliveInterval=5 -o ServerAliveInterval=6 vps", "-o ServerAliveInterval=6"],
  ])("of %s is the second word, because ssh takes the first", (text, second) => {
    expect(read(text).leftOut).toContainEqual({ what: second, why: "ssh takes the first of several", isNeedless: true });
  });

  it.each([
    ["ssh -N -L 8080:web vps", "-L 8080:web"],
    ["ssh -N -L 8080:web:http vps", "-L 8080:web:http"],
    ["ssh -N -L nonsense vps", "-L nonsense"],
    ["ssh -N -L 1:2:3:4:5:6 vps", "-L 1:2:3:4:5:6"],
    ["ssh -N -D web:80:80 vps", "-D web:80:80"],
    ["ssh -N -R 0.0.0.0:9000 vps", "-R 0.0.0.0:9000"],
    ["ssh -N -o ServerAliveInterval=0 vps", "-o ServerAliveInterval=0"],
    ["ssh -N -o ClearAllForwardings=yes vps", "-o ClearAllForwardings=yes"],
    ["ssh -N -o nonsense vps", "-o nonsense"],
    ["ssh -o RemoteCommand=uptime vps", "-o RemoteCommand=uptime"],
  ])("of %s is %s", (text, lost) => {
    expect(what(read(text).leftOut, false)).toEqual([lost]);
  });
});

describe("a command that is no tunnel", () => {
  it.each([
    ["ssh", "it names no host"],
    ["ssh -N", "it names no host"],
    ["ssh -Z vps", "ssh has no option -Z"],
    ["ssh vps -L", "-L needs a value"],
    ["ssh -O exit vps", "with -O ssh opens no tunnel"],
    ["ssh -V", "with -V ssh opens no tunnel"],
    ["ssh -N ssh://vps/path/", '"ssh://vps/path/" is not a host that ssh takes'],
    ["curl http://vps", '"curl" is neither ssh nor autossh'],
    ["sshpass -p hunter2 ssh -N -D 1080 vps", '"sshpass" is neither ssh nor autossh'],
    ["sh tunnel.sh", "a shell script cannot be read; give the ssh command in it"],
    ["while true; do ssh -N vps; done", "it is more than one command, and clawtunnel runs none of them to find out"],
    ["ssh -N vps; rm -rf /", "it is more than one command, and clawtunnel runs none of them to find out"],
    ["ssh -N vps && touch /tmp/x", "it is more than one command, and clawtunnel runs none of them to find out"],
    ["ssh -N vps | tee log", "it is more than one command, and clawtunnel runs none of them to find out"],
    ["ssh -N $(cat host)", "it needs the output of another command, and clawtunnel runs none"],
    ["ssh -N `cat host`", "it needs the output of another command, and clawtunnel runs none"],
    ['ssh -N "$(touch /tmp/x)"', "it needs the output of another command, and clawtunnel runs none"],
    ['ssh -N "`touch /tmp/x`"', "it needs the output of another command, and clawtunnel runs none"],
    ["ssh -N $UNSET", "the variable UNSET is not known"],
    ["ssh -N ${HOME:-x}", '"${HOME:-x}" only a shell understands'],
    ["ssh -N 'vps", "a quote is not closed"],
    ['ssh -N "vps', "a quote is not closed"],
  ])("%s says why", (text, why) => {
    const { tunnels, leftOut } = readCommandText(text, context);
    expect(tunnels).toEqual([]);
    expect(leftOut).toEqual([{ what: text.slice(0, 120), why, isNeedless: false }]);
  });

  it("in a shell within a shell for ever ends", () => {
    const nested = Array.from({ length: 12 }).reduce<string>((inner) => `sh -c "${inner.replace(/["\\$]/g, "\\$&")}"`, "ssh -N vps");
    expect(readCommandText(nested, context).tunnels).toEqual([]);
  });
});

it("finds every command of a script, and tells of the lines that are none", () => {
  const script = "#!/bin/sh\n# tunnels\nset -e\n\nssh -N -D 1080 one\nautossh -M 0 -N \\\n  -D 1081 two &\n";
  const { tunnels, leftOut } = readCommandText(script, context);
  expect(tunnels.map(({ name, source }) => [name, source])).toEqual([
    ["one", "line 5"],
    ["two", "line 6"],
  ]);
  expect(leftOut.map(({ what: line }) => line)).toEqual(["set -e"]);
});
