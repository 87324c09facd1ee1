// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are of shells, units and other programs
import { describe, expect, it } from "vitest";
import { readBoring } from "../../../src/interchange/peers/boring.js";
import { readPortato } from "../../../src/interchange/peers/portato.js";
import { readTunlite } from "../../../src/interchange/peers/tunlite.js";
import type { Reading } from "../../../src/interchange/reading.js";

const entries = ({ tunnels }: Reading) => Object.fromEntries(tunnels.map(({ name, entry }) => [name, entry]));
const lostOf = ({ tunnels, leftOut }: Reading) =>
  [...tunnels.flatMap((tunnel) => tunnel.leftOut), ...leftOut].filter(({ isNeedless }) => !isNeedless).map(({ what }) => what);

describe("boring", () => {
  it("has local, remote, SOCKS and socket tunnels, by a host of ssh_config or not", async () => {
    const reading = await readBoring(
      `keep_alive = 60
[[tunnels]]
name = "dev"
local = "9000"
remote = "localhost:9000"
host = "dev-server"
[[tunnels]]
name = "prod"
group = "production"
local = 5001
remote = "db:5001"
host = "prod.example.com"
user = "root"
port = 2222
identity = "~/.ssh/id_prod"
keep_alive = 30
[[tunnels]]
name = "back"
local = "[::1]:9000"
remote = 9001
host = "dev-server"
mode = "remote"
[[tunnels]]
name = "sock"
local = "/tmp/serve.sock"
remote = "/tmp/listen.sock"
host = "dev-server"
mode = "-R"
[[tunnels]]
name = "proxy"
local = "0.0.0.0:1080"
host = "dev-server"
mode = "socks"
`,
      {},
    );
    const keepaliveIntervalMs = 60_000;
    expect(entries(reading)).toEqual({
      dev: { target: "dev-server", keepaliveIntervalMs, forwards: [{ local: "127.0.0.1:9000", to: "localhost:9000" }] },
      prod: {
        target: "root@prod.example.com:2222",
        identities: ["~/.ssh/id_prod"],
        keepaliveIntervalMs: 30_000,
        forwards: [{ local: "127.0.0.1:5001", to: "db:5001" }],
      },
      back: { target: "dev-server", keepaliveIntervalMs, forwards: [{ remote: "localhost:9001", to: "[::1]:9000" }] },
      sock: { target: "dev-server", keepaliveIntervalMs, forwards: [{ remote: "/tmp/listen.sock", to: "/tmp/serve.sock" }] },
      proxy: { target: "dev-server", keepaliveIntervalMs, forwards: [{ dynamic: "0.0.0.0:1080" }] },
    });
    expect(lostOf(reading)).toEqual(["group: production"]);
  });

  it("pairs lists and ranges of ports by their place", async () => {
    const reading = await readBoring('[[tunnels]]\nname="a"\nhost="h"\nlocal="8000-8002,8443"\nremote="web:9000-9002,443"\n', {});
    expect(entries(reading).a?.forwards).toEqual([
      { local: "127.0.0.1:8000", to: "web:9000" },
      { local: "127.0.0.1:8001", to: "web:9001" },
      { local: "127.0.0.1:8002", to: "web:9002" },
      { local: "127.0.0.1:8443", to: "web:443" },
    ]);
  });

  it("names environment variables, with a way out where they are not set", async () => {
    const text =
      '[[tunnels]]\nname="a"\nhost="${STAGE}"\nuser="${WHO:-admin}"\nlocal="$PORT"\nremote="localhost:80"\n[[tunnels]]\nname="b"\nhost="${UNSET}"\n';
    const reading = await readBoring(text, { STAGE: "stage", PORT: "8080" });
    expect(entries(reading)).toEqual({ a: { target: "admin@stage", forwards: [{ local: "127.0.0.1:8080", to: "localhost:80" }] } });
    expect(reading.leftOut).toEqual([{ what: "tunnels[1]", why: "it has no host", isNeedless: false }]);
  });

  it.each([
    ['mode="socks-remote"\nremote="1080"', "a SOCKS proxy on the server"],
    ['mode="sideways"\nlocal="1"\nremote="a:2"', 'the mode "sideways" is not known'],
    ['local="8000-8002"\nremote="a:1"', "local has 3 ports and remote 1"],
    ['local="1-65535"\nremote="a:1-65535"', "is more than 1000 ports"],
    ['local="9-3"\nremote="a:1"', '"9-3" is no port'],
    ['local="8080"', "remote is missing"],
  ])("loses %j, and says why", async (lines, why) => {
    const { tunnels } = await readBoring(`[[tunnels]]\nname="a"\nhost="h"\n${lines}\n`, {});
    expect(tunnels[0]?.entry).toEqual({ target: "h" });
    expect(tunnels[0]?.leftOut.map((left) => left.why).join()).toContain(why);
  });
});

describe("tunlite", () => {
  const settings = {
    backoff: { baseMs: 1000 },
    keepalive: { intervalSec: 15, countMax: 3 },
    connectTimeoutSec: 10,
    logLevel: "info",
    alerts: { webhook: { url: null } },
  };
  const tunnel = {
    name: "db",
    host: "me@vps",
    port: 22,
    identityFile: null,
    jump: [],
    tags: [],
    forwards: [{ type: "local", bind: "127.0.0.1", srcPort: 5432, destHost: "localhost", destPort: 5432 }],
    sshOptions: [],
    enabled: true,
    autoSetupKey: true,
  };

  it("has several forwards of each kind, and its own settings are no wishes of anybody", () => {
    const forwards = [
      ...tunnel.forwards,
      { type: "remote", bind: "0.0.0.0", srcPort: 9000, destHost: "::1", destPort: 3000 },
      { type: "dynamic", bind: "127.0.0.1", srcPort: 1080 },
    ];
    const reading = readTunlite(JSON.stringify({ version: 1, settings, tunnels: [{ ...tunnel, forwards }] }), "/home/me");
    expect(entries(reading)).toEqual({
      db: {
        target: "me@vps",
        forwards: [
          { local: "127.0.0.1:5432", to: "localhost:5432" },
          { remote: "0.0.0.0:9000", to: "[::1]:3000" },
          { dynamic: "127.0.0.1:1080" },
        ],
      },
    });
    expect(lostOf(reading)).toEqual([]);
  });

  it("has jumps, keys, ports, words for ssh and settings that were changed", () => {
    const other = {
      ...tunnel,
      port: 2222,
      identityFile: "~/.ssh/id",
      jump: ["edge", "me@b:2222"],
      tags: ["work", "db"],
      sshOptions: ["-o", "Compression=yes", "-C", "-A"],
      enabled: false,
    };
    const file = {
      settings: {
        ...settings,
        keepalive: { intervalSec: 5, countMax: 2 },
        connectTimeoutSec: 3,
        alerts: { webhook: { url: "https://x" } },
      },
      tunnels: [other],
    };
    const reading = readTunlite(JSON.stringify(file), "/home/me");
    expect(entries(reading)).toEqual({
      db: {
        target: "me@vps:2222",
        jump: ["edge", "me@b:2222"],
        identities: ["~/.ssh/id"],
        sshOptions: ["IdentitiesOnly=yes", "Compression=yes", "Compression=yes"],
        connectTimeoutMs: 3000,
        keepaliveIntervalMs: 5000,
        keepaliveCountMax: 2,
        forwards: [{ local: "127.0.0.1:5432", to: "localhost:5432" }],
      },
    });
    expect(lostOf(reading)).toEqual(["-A", "tags: work, db", "enabled: false", "alerts"]);
  });

  it("that is an ssh option in a host's place is none", () => {
    const reading = readTunlite(
      JSON.stringify({ tunnels: [{ ...tunnel, host: "-oProxyCommand=touch /tmp/x" }, { ...tunnel, host: 7, forwards: "all" }, null, "x"] }),
      "/home/me",
    );
    expect(reading.tunnels.map(({ entry }) => entry.target)).toEqual(["-oProxyCommand=touch /tmp/x", "7"]);
    expect(reading.leftOut).toHaveLength(2);
  });
});

describe("portato", () => {
  it("has one forward a tuber, and its defaults in each", async () => {
    const reading = await readPortato(`
defaults:
  identity: ~/.ssh/id_ed25519
  known_hosts: ~/.ssh/known_hosts
  accept_new_hosts: true
  socks5_password: hunter2
  log: { max_size_mb: 1 }
tubers:
  - name: db-stage
    type: local
    local: 5432
    remote: 10.0.0.5:5432
    ssh: user@bastion.example.com:22
    identity: ~/.ssh/other
    tags: [work]
    enabled: false
  - name: pull-redis
    type: remote
    remote: 16379
    local: 6379
    ssh: user@bastion:2222
    enabled: true
  - { name: socks, type: dynamic, local: 1080, ssh: alias, jump: "user@edge, b:2222", enabled: true }
`);
    const usual = { identities: ["~/.ssh/id_ed25519"], sshOptions: ["StrictHostKeyChecking=accept-new"] };
    expect(entries(reading)).toEqual({
      "db-stage": {
        ...usual,
        target: "user@bastion.example.com",
        identities: ["~/.ssh/other"],
        forwards: [{ local: "127.0.0.1:5432", to: "10.0.0.5:5432" }],
      },
      "pull-redis": { ...usual, target: "user@bastion:2222", forwards: [{ remote: "*:16379", to: "127.0.0.1:6379" }] },
      socks: { ...usual, target: "alias", jump: ["user@edge", "b:2222"], forwards: [{ dynamic: "127.0.0.1:1080" }] },
    });
    expect(lostOf(reading)).toEqual(["tags: work", "enabled: false", "socks5_password", "log"]);
    expect(JSON.stringify(reading)).not.toContain("hunter2");
  });

  it("called its tubers tunnels, once", async () => {
    const reading = await readPortato("tunnels:\n  - name: a\n    local: 127.0.0.1:1\n    remote: b:2\n    ssh: c\n    enabled: true\n");
    expect(entries(reading)).toEqual({ a: { target: "c", forwards: [{ local: "127.0.0.1:1", to: "b:2" }] } });
  });

  it.each([
    ["type: sideways\n    local: 1\n    remote: a:2", 'the type "sideways" is not known'],
    ["local: 1", "remote is missing"],
    ["remote: a:1", "local is missing"],
    ["local: { a: 1 }\n    remote: a:2", "it is not a text"],
  ])("loses %j, and says why", async (lines, why) => {
    const { tunnels } = await readPortato(`tubers:\n  - name: a\n    ssh: h\n    ${lines}\n`);
    expect(tunnels[0]?.entry).toEqual({ target: "h" });
    expect(tunnels[0]?.leftOut.map((left) => left.why).join()).toContain(why);
  });
});

describe("a file that was made to hurt", () => {
  const bomb = `${Array.from({ length: 12 }, (_, at) => `a${at}: &a${at} [${at === 0 ? "x" : Array.from({ length: 9 }, () => `*a${at - 1}`).join()}]`).join("\n")}\ntubers: *a11\n`;
  it.each([
    ["portato, aliases of aliases", readPortato(bomb)],
    ["portato, a list that holds itself", readPortato("tubers: &a\n  - *a\n")],
    ["portato, a tuber that holds itself", readPortato("tubers:\n  - &a { ssh: h, tags: *a, other: *a }\n")],
    ["portato, no YAML", readPortato("tubers: [\n")],
    ["portato, a text", readPortato("just a text")],
    ["portato, nested deeply", readPortato(`tubers: ${"[".repeat(2000)}`)],
    ["boring, no TOML", readBoring("[[tunnels]\n", {})],
    ["boring, keys of objects", readBoring('[__proto__]\na=1\n[[tunnels]]\nhost="h"\n[tunnels.constructor]\nx=1\n', {})],
    ["boring, nested deeply", readBoring(`a = ${"[".repeat(5000)}${"]".repeat(5000)}`, {})],
    ["boring, tunnels that are none", readBoring("tunnels = 7\n", {})],
    ["tunlite, no JSON", readTunlite("{", "/")],
    ["tunlite, nested deeply", readTunlite(`{"tunnels":${"[".repeat(5000)}${"]".repeat(5000)}}`, "/")],
    ["tunlite, a list", readTunlite("[]", "/")],
  ])("%s: is read to its end, and gives no forward", async (_, pending) => {
    const { tunnels } = await pending;
    expect(tunnels.every(({ entry }) => entry.forwards === undefined)).toBe(true);
  });
});
