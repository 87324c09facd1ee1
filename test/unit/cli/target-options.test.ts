import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describesTunnel, entryFromArgs, type TargetArgs } from "../../../src/cli/target-options.js";
import { parseEntry } from "../../../src/config/parse.js";

const none: TargetArgs = {
  L: undefined,
  R: undefined,
  D: undefined,
  p: undefined,
  l: undefined,
  i: undefined,
  o: undefined,
  J: undefined,
  F: undefined,
  engine: undefined,
  fallback: undefined,
  preset: undefined,
  profile: undefined,
  "local-port": undefined,
  "remote-port": undefined,
  "on-port-busy": undefined,
  keyring: undefined,
};
const entry = (target: string, args: Partial<TargetArgs> = {}) => entryFromArgs(target, { ...none, ...args });
const misuse = (code: string, why: string) => expect.objectContaining({ code, message: expect.stringContaining(why) });

describe("a target on the command line", () => {
  it("has others behind it, in their order, with --fallback", () => {
    expect(entry("me@lan", { fallback: ["me@box.ts.net", "me@vps"] })).toMatchObject({ targets: ["me@lan", "me@box.ts.net", "me@vps"] });
    expect(describesTunnel({ ...none, fallback: ["vps"] })).toBe(true);
    expect(() => entry("lan", { fallback: ["-oProxyCommand=x"] })).toThrow("begins with a dash");
  });

  it("means an OpenClaw gateway where no forward was named", () => {
    expect(entry("ubuntu@vps")).toEqual({ target: "ubuntu@vps", preset: "openclaw" });
  });

  it("means only its forwards where some were named", () => {
    expect(entry("vps", { L: ["8080:web:80", "[::1]:81:[::2]:82"] })).toEqual({
      target: "vps",
      forwards: [
        { local: "127.0.0.1:8080", to: "web:80" },
        { local: "[::1]:81", to: "[::2]:82" },
      ],
    });
  });

  it("may have forwards of every kind, and the paths of this machine from where the person stands", () => {
    const args = { L: ["a.sock/s:web:80", "8080:/run/b.sock"], R: ["0:web:80", "/run/c.sock:~/d.sock"], D: ["1080", "/tmp/e.sock"] };
    const made = entry("vps", args);
    expect(made).toEqual({
      target: "vps",
      forwards: [
        { local: join(process.cwd(), "a.sock/s"), to: "web:80" },
        { local: "127.0.0.1:8080", to: "/run/b.sock" },
        { remote: "localhost:0", to: "web:80" },
        { remote: "/run/c.sock", to: "~/d.sock" },
        { dynamic: "127.0.0.1:1080" },
        { dynamic: "/tmp/e.sock" },
      ],
    });
    expect(parseEntry(made)).toEqual(made);
    for (const kind of [{ R: args.R }, { D: args.D }]) expect(describesTunnel({ ...none, ...kind })).toBe(true);
  });

  it("may have both a preset and forwards", () => {
    expect(entry("vps", { preset: "openclaw", L: ["9000:127.0.0.1:18789"] })).toMatchObject({
      preset: "openclaw",
      forwards: [{ local: "127.0.0.1:9000" }],
    });
  });

  it("says what to do about a busy port, which a saved tunnel can be told as well", () => {
    expect(entry("vps", { "on-port-busy": "next" })).toEqual({ target: "vps", preset: "openclaw", onPortBusy: "next" });
    expect(describesTunnel({ ...none, "on-port-busy": "next" })).toBe(false);
  });

  it("gives an entry that the config takes, whatever options it has", () => {
    const full = entry("me@vps", {
      "on-port-busy": "replace",
      L: ["8080:web:80"],
      p: 2222,
      i: ["~/.ssh/id"],
      o: ["UserKnownHostsFile=/k", "GlobalKnownHostsFile=/g", "ConnectTimeout=3"],
    });
    expect(parseEntry(full)).toEqual(full);
  });
});

describe("the OpenClaw preset", () => {
  it("is told the profile, and the port or to look for it on the server", () => {
    const made = entry("vps", { profile: "work", "remote-port": "auto" });
    expect(made).toEqual({ target: "vps", preset: "openclaw", profile: "work", remotePort: "auto" });
    expect(parseEntry(made)).toEqual(made);
    expect(entry("vps", { "remote-port": "28789" })).toEqual({ target: "vps", preset: "openclaw", remotePort: 28_789 });
    expect(entry("vps", { "local-port": 28_789 })).toEqual({ target: "vps", preset: "openclaw", localPort: 28_789 });
    for (const kind of [{ profile: "work" }, { "local-port": 1 }, { "remote-port": "auto" }])
      expect(describesTunnel({ ...none, ...kind })).toBe(true);
  });

  it.each<[Partial<TargetArgs>, string]>([
    [{ "remote-port": "automatic" }, "the remote port automatic is not a number"],
    [{ "remote-port": "70000" }, "the remote port 70000 is above 65535"],
    [{ "local-port": 70_000 }, "the local port 70000 is above 65535"],
    [{ "local-port": 28_789, L: ["8080:web:80"] }, "--local-port is for the OpenClaw preset"],
    [{ "remote-port": "0" }, "the remote port 0 means any port"],
    [{ profile: "../x" }, '"../x" cannot be a profile\'s name'],
    [{ profile: "work", L: ["8080:web:80"] }, "--profile is for the OpenClaw preset"],
    [{ "remote-port": "auto", preset: "openclaw", L: ["8080:web:80"] }, "--remote-port is for the OpenClaw preset"],
    [{ "remote-port": "auto", D: ["1080"] }, "--remote-port is for the OpenClaw preset"],
  ])("is misuse as %o", (args, why) => {
    expect(() => entry("vps", args)).toThrow(misuse("usage", why));
  });
});

describe("-l and -p", () => {
  it.each<[string, Partial<TargetArgs>, string]>([
    ["vps", { l: "me" }, "me@vps"],
    ["vps", { p: 2222 }, "vps:2222"],
    ["vps", { l: "me", p: 2222 }, "me@vps:2222"],
    ["me@vps", { p: 2222 }, "me@vps:2222"],
    ["me@vps:2222", { l: "me", p: 2222 }, "me@vps:2222"],
    ["2001:db8::1", { p: 2222 }, "[2001:db8::1]:2222"],
    ["me@[2001:db8::1]", { p: 2222 }, "me@[2001:db8::1]:2222"],
    ["2001:db8::1", { l: "me" }, "me@2001:db8::1"],
    ["vps", { o: ["User=me", "Port=2222"] }, "me@vps:2222"],
    ["vps", { l: "me", o: ["User=you"] }, "me@vps"],
    ["vps", { p: 22, o: ["Port=23"] }, "vps:22"],
  ])("are written into %s: %o makes %s", (target, args, written) => {
    expect(entry(target, args)).toMatchObject({ target: written });
  });

  it.each<[string, Partial<TargetArgs>, string]>([
    ["me@vps", { l: "you" }, "the user you contradicts me@vps"],
    ["vps:22", { p: 2222 }, "the port 2222 contradicts vps:22"],
    ["me@vps", { o: ["User=you"] }, "contradicts me@vps"],
    ["vps:22", { o: ["Port=2222"] }, "contradicts vps:22"],
  ])("are misuse when %s says otherwise: %o", (target, args, why) => {
    expect(() => entry(target, args)).toThrow(misuse("usage", why));
  });

  it.each([Number.NaN, 0, 70_000, 22.5, -1])("refuse %d, which is no port", (p) => {
    expect(() => entry("vps", { p })).toThrow(misuse("target-invalid", "the port"));
  });
});

describe("-o", () => {
  it.each<[string, object]>([
    ["UserKnownHostsFile=/a", { knownHosts: ["/a"] }],
    ["UserKnownHostsFile=/a /b", { knownHosts: ["/a", "/b"] }],
    ["GlobalKnownHostsFile=/g", { globalKnownHosts: ["/g"] }],
    ["IdentityFile=/i", { identities: ["/i"] }],
    ["User=me", { target: "me@vps" }],
    ["Port=2222", { target: "vps:2222" }],
    ["ConnectTimeout=3", { connectTimeoutMs: 3_000 }],
    ["port 2222", { target: "vps:2222" }],
    [" PORT = 2222 ", { target: "vps:2222" }],
    ["userknownhostsfile\t/a", { knownHosts: ["/a"] }],
  ])("takes %j as ssh_config writes it", (option, expected) => {
    expect(entry("vps", { o: [option] })).toMatchObject(expected);
  });

  it("adds its identity files after those of -i, and keeps all", () => {
    expect(entry("vps", { i: ["/1", "/2"], o: ["IdentityFile=/3", "IdentityFile=/4"] })).toMatchObject({
      identities: ["/1", "/2", "/3", "/4"],
    });
  });

  it("keeps every other option as it was written, in its order", () => {
    const o = ["StrictHostKeyChecking=no", "ProxyCommand=nc %h %p", "ServerAliveInterval 15"];
    expect(entry("vps", { o })).toMatchObject({ sshOptions: o });
  });

  it("takes the first ProxyJump for the way, unless -J says another", () => {
    expect(entry("vps", { o: ["ProxyJump=a,me@b:2222", "ProxyJump=c"] })).toMatchObject({ jump: ["a", "me@b:2222"] });
    expect(entry("vps", { J: "edge", o: ["ProxyJump=a"] })).toMatchObject({ jump: ["edge"] });
    expect(entry("vps", { o: ["ProxyJump=a"] })).not.toHaveProperty("sshOptions");
  });

  it.each([
    ['UserKnownHostsFile="/a b" /c', { knownHosts: ["/a b", "/c"] }],
    ["UserKnownHostsFile=none", { knownHosts: [] }],
    ['IdentityFile="/a b"', { identities: ["/a b"] }],
    ["IdentityFile=none", { sshOptions: ["IdentityFile=none"] }],
  ])("reads the quotes of %s", (option, expected) => {
    expect(entry("vps", { o: [option] })).toMatchObject(expected);
  });

  it.each(["", "Port", "Port=", "=22", "Port="])("refuses %j, which says nothing", (option) => {
    expect(() => entry("vps", { o: [option] })).toThrow(misuse("usage", "it must be Key=Value"));
  });

  it("refuses a port that is no number", () => {
    expect(() => entry("vps", { o: ["Port=ssh"] })).toThrow(misuse("usage", "it must be a whole number"));
  });
});

describe("a file on the command line", () => {
  it("is meant from where the person stands", () => {
    expect(entry("vps", { i: ["keys/id"], o: ["UserKnownHostsFile=known"] })).toMatchObject({
      identities: [`${process.cwd()}/keys/id`],
      knownHosts: [`${process.cwd()}/known`],
    });
  });

  it("is so, too, as a configuration or in an option that names one", () => {
    expect(entry("vps", { F: "my_config", o: ["CertificateFile=id-cert.pub", "IdentityAgent=none"] })).toMatchObject({
      sshConfig: `${process.cwd()}/my_config`,
      sshOptions: [`CertificateFile="${process.cwd()}/id-cert.pub"`, 'IdentityAgent="none"'],
    });
    expect(entry("vps", { F: "none" })).toMatchObject({ sshConfig: "none" });
  });

  it.each(["/abs/id", "~/.ssh/id", "C:\\keys\\id"])("is left as it is when it is %s", (path) => {
    expect(entry("vps", { i: [path] })).toMatchObject({ identities: [path] });
  });
});

describe("misuse", () => {
  it.each<[string, Partial<TargetArgs>, string]>([
    ["-oProxyCommand=evil", {}, "target-invalid"],
    ["me@", {}, "target-invalid"],
    ["vps", { l: "-oProxyCommand=evil" }, "target-invalid"],
    ["vps", { L: ["80:db:80", "80"] }, "forward-invalid"],
    ["vps", { L: ["0.0.0.0:80:db:80"] }, "bind-public"],
  ])("of %j with %o is %s", (target, args, code) => {
    expect(() => entry(target, args)).toThrow(expect.objectContaining({ code }));
  });
});

describe("what only a new tunnel can use", () => {
  it("is nothing when no option was given", () => {
    expect(describesTunnel(none)).toBe(false);
  });

  it.each<Partial<TargetArgs>>([
    { L: ["80:a:80"] },
    { p: 22 },
    { l: "me" },
    { i: ["/k"] },
    { o: ["Port=1"] },
    { J: "a" },
    { F: "f" },
    { engine: "ssh2" },
    { preset: "openclaw" },
  ])("is %o", (args) => {
    expect(describesTunnel({ ...none, ...args })).toBe(true);
  });
});
