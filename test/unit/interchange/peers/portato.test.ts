import { describe, expect, it } from "vitest";
import { readPortato } from "../../../../src/interchange/peers/portato.js";
import { entries, lostOf } from "../../fixtures/readings.js";

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
