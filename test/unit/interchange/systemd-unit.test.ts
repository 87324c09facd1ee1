// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are of shells, units and other programs
import { describe, expect, it } from "vitest";
import { specifiersOf } from "../../../src/interchange/services/specifiers.js";
import { readSystemdUnit } from "../../../src/interchange/services/systemd-unit.js";
import { splitUnitWords } from "../../../src/interchange/services/unit-words.js";

const place = { isUserUnit: true, home: "/home/me", user: "me", uid: 1000, hostName: "laptop.lan", env: {} };

function read(text: string, unitName = "tunnel.service", files: Record<string, string> = {}, isUserUnit = true) {
  const specifiers = specifiersOf({ ...place, unitName, isUserUnit });
  return readSystemdUnit(text, { unitName, specifiers, readFile: (path) => files[path] });
}

const service = (...lines: string[]) =>
  `[Unit]\nDescription=A tunnel\nAfter=network-online.target\n\n[Service]\n${lines.join("\n")}\n\n[Install]\nWantedBy=default.target\n`;
const socks = (target: string) => ({ target, forwards: [{ dynamic: "127.0.0.1:1080" }] });

describe("a unit that runs ssh or autossh", () => {
  it.each([
    ["ExecStart=/usr/bin/ssh -N -D 1080 me@vps", socks("me@vps")],
    ["ExecStart=-/usr/bin/autossh -M 0 -N -D 1080 me@vps", socks("me@vps")],
    ["ExecStart=@/usr/bin/ssh tunnel-of-mine -N -D 1080 me@vps", socks("me@vps")],
    ["ExecStart=/usr/bin/ssh -N \\\n  -D 1080 \\\n# a comment in between\n  me@vps", socks("me@vps")],
    ["ExecStart=/usr/bin/ssh -N \"-D\" '1080' me@vps", socks("me@vps")],
    ['ExecStart=/usr/bin/ssh -N -o "ServerAliveInterval 30" -D 1080 me@vps', { ...socks("me@vps"), keepaliveIntervalMs: 30_000 }],
    ["ExecStart=/bin/sh -c 'exec ssh -N -D 1080 me@vps'", socks("me@vps")],
    ["ExecStart=/usr/bin/ssh -N -i %h/.ssh/id -D 1080 %u@vps", { ...socks("me@vps"), identities: ["/home/me/.ssh/id"] }],
    ["ExecStart=/usr/bin/ssh -N -i \\x2fk\\u00e9y -D 1080 vps", { ...socks("vps"), identities: ["/kéy"] }],
    ['Environment=TARGET=vps "PORT=1080"\nExecStart=/usr/bin/ssh -N -D ${PORT} $TARGET', socks("vps")],
    ["Environment=ARGS='-N -D 1080'\nExecStart=/usr/bin/ssh $ARGS vps", socks("vps")],
    ["EnvironmentFile=-/etc/default/tunnel\nExecStart=/usr/bin/ssh -N -D 1080 ${TARGET}", socks("me@file")],
    ["ExecStart=/usr/bin/ssh -N one\nExecStart=\nExecStart=/usr/bin/ssh -N -D 1080 vps", socks("vps")],
    ["WorkingDirectory=%h/keys\nExecStart=/usr/bin/ssh -N -i id -D 1080 vps", { ...socks("vps"), identities: ["/home/me/keys/id"] }],
  ])("%s", (lines, entry) => {
    const { tunnels } = read(service(lines), "tunnel.service", { "/etc/default/tunnel": '# who\nTARGET="me@file"\n' });
    expect(tunnels.map((tunnel) => tunnel.entry)).toEqual([entry]);
    expect(tunnels[0]?.name).toBe("tunnel");
  });

  it("is read for its instance, where it is a template", () => {
    const { tunnels } = read(
      service("ExecStart=/usr/bin/autossh -M 0 -N -D 1080 %i", "ExecStartPost=/bin/echo %p %I"),
      "autossh@my-box.service",
    );
    expect(tunnels).toMatchObject([{ name: "autossh@my-box", entry: socks("my-box") }]);
  });

  it("of the system has root's home", () => {
    const text = service("User=tunnel", "ExecStart=/usr/bin/ssh -N -i %h/.ssh/id -D 1080 vps");
    const { tunnels, leftOut } = read(text, "tunnel.service", {}, false);
    expect(tunnels[0]?.entry.identities).toEqual(["/root/.ssh/id"]);
    expect(leftOut.find(({ what }) => what === "User=tunnel")).toMatchObject({ isNeedless: false });
  });

  it("may run several, each a tunnel", () => {
    const { tunnels } = read(
      service(
        "Type=oneshot",
        "ExecStart=/usr/bin/ssh -f -N -D 1080 one ; /usr/bin/ssh -f -N -D 1081 two",
        "ExecStart=/usr/bin/ssh -fN -D 1082 three",
      ),
    );
    expect(tunnels.map(({ entry, source }) => [entry.target, source])).toEqual([
      ["one", "ExecStart=, line 7"],
      ["two", "ExecStart=, line 7"],
      ["three", "ExecStart=, line 8"],
    ]);
  });

  it("loses none of its settings without a word", () => {
    const text = service(
      "Type=simple",
      "Environment=AUTOSSH_GATETIME=0 SECRET=hunter2",
      "ExecStartPre=/bin/sleep 5",
      "ExecStart=/usr/bin/autossh -M 0 -N -D 1080 vps",
      "Restart=always",
      "nonsense",
    );
    const { leftOut } = read(text);
    expect(leftOut.map(({ what, isNeedless }) => [what, isNeedless])).toEqual([
      ["nonsense", false],
      ["AUTOSSH_GATETIME=0", true],
      ["SECRET", false],
      ["Description=A tunnel", true],
      ["After=network-online.target", true],
      ["Type=simple", true],
      ["ExecStartPre=/bin/sleep 5", false],
      ["Restart=always", true],
      ["WantedBy=default.target", true],
    ]);
  });
});

describe("a unit that cannot be taken over", () => {
  it.each([
    ["ExecStart=/usr/bin/ssh -N -D 1080 %q", 'of "%q" a specifier is not known'],
    ["ExecStart=/usr/bin/ssh -N 'vps", "a quote is not closed"],
    ["ExecStart=/usr/bin/ssh -N \\q", "the escape \\q is not known"],
    ["ExecStart=/usr/bin/python3 -m http.server", '"python3" is neither ssh nor autossh'],
    ["ExecStart=/bin/sh -c 'ssh -N vps; touch /tmp/pwned'", "it is more than one command, and clawtunnel runs none of them to find out"],
    ["ExecStart=/usr/bin/ssh -N $NOBODY", "it names no host"],
  ])("%s says why", (line, why) => {
    const { tunnels, leftOut } = read(service(line));
    expect(tunnels).toEqual([]);
    expect(leftOut).toContainEqual({ what: line, why, isNeedless: false });
  });

  it("says so when it starts nothing", () => {
    expect(read("[Service]\nType=oneshot\n").leftOut).toContainEqual({ what: "[Service]", why: "it has no ExecStart=", isNeedless: false });
  });

  it("is not run, whatever its words would do in a shell", () => {
    const { tunnels } = read(
      service(
        "ExecStart=/usr/bin/ssh -N -D 1080 vps ; touch /tmp/pwned",
        "ExecStart=/usr/bin/ssh -N -o 'ProxyCommand=$(touch /tmp/pwned)' -D 1081 b",
      ),
    );
    expect(tunnels.map(({ entry }) => entry.target)).toEqual(["vps", "b"]);
    expect(tunnels[1]?.entry.sshOptions).toEqual(["ProxyCommand=$(touch /tmp/pwned)"]);
  });
});

describe("words of a unit", () => {
  it.each([
    ["a  b\tc", ["a", "b", "c"]],
    ['"a b" c', ["a b", "c"]],
    ["'a \"b\"' c", ['a "b"', "c"]],
    ['-o"A b"c d', ["-oA bc", "d"]],
    ["a\\sb \\x41\\101", ["a b", "AA"]],
    ["\"\" ''", ["", ""]],
    ['"a\\"b"', ['a"b']],
    ["", []],
  ])("%j", (text, words) => {
    expect(splitUnitWords(text)).toEqual(words);
  });
});
