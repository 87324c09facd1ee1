// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are of shells, units and other programs
import { describe, expect, it } from "vitest";
import { readBoring } from "../../../../src/interchange/peers/boring.js";
import { entries, lostOf } from "../../fixtures/readings.js";

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
