import { describe, expect, it } from "vitest";
import { findOlderWays } from "../../../../src/service/older-ways/find-older-ways.js";
import { fakeOlderWays, type OlderScene } from "../../../support/fake-older-ways.js";

const folder = "/home/me/.config/systemd/user";
const wants = `${folder}/default.target.wants`;

/** As the wiki of a distribution has it. */
const autossh = `[Unit]
Description=Tunnel to the gateway
After=network-online.target

[Service]
Environment=AUTOSSH_GATETIME=0
Environment="AUTOSSH_POLL=60"
ExecStart=/usr/bin/autossh -M 0 -N -q -o "ServerAliveInterval 60" -o "ServerAliveCountMax 3" \\
  -L 127.0.0.1:18789:127.0.0.1:18789 me@gateway.example.com

[Install]
WantedBy=default.target
`;
const plain = `[Service]
ExecStart=/usr/bin/ssh -N -L 18789:127.0.0.1:18789 user@gateway-host
Restart=always
RestartSec=10
`;

const active = (command: string) =>
  command.includes("show")
    ? {
        code: 0,
        stdout:
          command
            .split(" -- ")[1]
            ?.split(" ")
            .map((name) => `Id=${name}\nActiveState=active\n`)
            .join("\n") ?? "",
      }
    : undefined;

async function find(scene: OlderScene) {
  const looks = fakeOlderWays({ says: active, ...scene });
  return { ...(await findOlderWays(looks)), ran: looks.ran };
}

describe("units of systemd that hold forwards open", () => {
  it("are found with what they forward and whether they run", async () => {
    const { ways } = await find({
      files: { [`${folder}/gateway.service`]: autossh },
      links: { [`${wants}/gateway.service`]: `${folder}/gateway.service` },
    });
    expect(ways).toMatchObject([
      {
        manager: "systemd",
        name: "gateway.service",
        path: `${folder}/gateway.service`,
        isEnabled: true,
        isActive: true,
        loses: [],
        tunnels: [{ entry: { target: "me@gateway.example.com", forwards: [{ local: "127.0.0.1:18789", to: "127.0.0.1:18789" }] } }],
      },
    ]);
  });

  it("are asked for with the runtime folder of the user, all at once", async () => {
    const files = { [`${folder}/a.service`]: plain, [`${folder}/b.service`]: autossh };
    const { ran } = await find({ files });
    expect(ran).toEqual(["systemctl --user show --property=Id,ActiveState -- a.service b.service"]);
  });

  it("are found under the file that a link of theirs leads to", async () => {
    const { ways } = await find({
      files: { "/home/me/dotfiles/t.service": plain },
      links: { [`${folder}/t.service`]: "/home/me/dotfiles/t.service" },
    });
    expect(ways).toMatchObject([{ name: "t.service", path: "/home/me/dotfiles/t.service", isLinked: true }]);
  });

  it("are also the instances of a template, wherever that stands, with what they stand for", async () => {
    const template = "[Service]\nExecStart=/usr/bin/autossh -M 0 -N -D 1080 %i\n";
    const { ways } = await find({
      files: { "/usr/lib/systemd/user/autossh@.service": template, [`${folder}/other@.service`]: template },
      links: { [`${wants}/autossh@box.service`]: "/usr/lib/systemd/user/autossh@.service" },
    });
    expect(ways).toMatchObject([
      { name: "autossh@box.service", path: "/usr/lib/systemd/user/autossh@.service", tunnels: [{ entry: { target: "box" } }] },
    ]);
  });

  it("are read with what was added to them", async () => {
    const { ways } = await find({
      files: {
        [`${folder}/gateway.service`]: autossh,
        [`${folder}/gateway.service.d/override.conf`]: "[Service]\nExecStart=\nExecStart=/usr/bin/ssh -N -L 9000:db:5432 me@box\n",
      },
    });
    expect(ways[0]?.tunnels.map(({ entry }) => entry.target)).toEqual(["me@box"]);
  });

  it("are those of the system too, as that", async () => {
    const { ways, ran } = await find({ files: { "/etc/systemd/system/tunnel.service": plain } });
    expect(ways).toMatchObject([{ manager: "systemd-system", name: "tunnel.service", isEnabled: false, isActive: true }]);
    expect(ran).toEqual(["systemctl show --property=Id,ActiveState -- tunnel.service"]);
  });

  it("have the forwards of ssh_config, where the command has none", async () => {
    const { ways } = await find({
      files: { [`${folder}/t.service`]: "[Service]\nExecStart=ssh -N remote-gateway\n" },
      addConfigured: async (tunnel) => ({ ...tunnel, entry: { ...tunnel.entry, forwards: [{ dynamic: "127.0.0.1:1080" }] } }),
    });
    expect(ways[0]?.tunnels[0]?.entry.forwards).toEqual([{ dynamic: "127.0.0.1:1080" }]);
  });

  it("that do something else as well say so", async () => {
    const { ways } = await find({
      files: {
        [`${folder}/t.service`]:
          "[Service]\nType=oneshot\nExecStartPre=/bin/sleep 10\nExecStart=/usr/bin/ssh -f -L 9000:db:5432 me@box tail -f /var/log/syslog\nExecStart=/usr/bin/backup\n",
      },
    });
    expect(ways[0]?.loses).toEqual([
      "tail -f /var/log/syslog: nothing is run on the server",
      expect.stringContaining("ExecStart=/usr/bin/backup"),
    ]);
  });
});

describe("what is no older way", () => {
  it.each([
    ["a server", "[Service]\nExecStart=/usr/sbin/sshd -D\n"],
    ["an agent", "[Service]\nExecStart=/usr/bin/ssh-agent -D -a %t/ssh-agent.socket\n"],
    ["a command on a server, whatever ssh_config forwards to it", "[Service]\nExecStart=/usr/bin/ssh box backup\n"],
    [
      "a service of ours",
      '[Service]\nEnvironment="PATH=/opt/openssh/bin"\nExecStart="/usr/bin/node" "/x/clawtunnel-daemon.js" "service"\n',
    ],
    ["a file that is no unit", "ssh -N -L 1:a:2 box"],
    ["an empty file", ""],
  ])("%s", async (_, text) => {
    const addConfigured: OlderScene["addConfigured"] = async (tunnel) => ({
      ...tunnel,
      entry: { ...tunnel.entry, forwards: [{ dynamic: "1080" }] },
    });
    expect((await find({ files: { [`${folder}/x.service`]: text }, addConfigured })).ways).toEqual([]);
  });

  it("a unit that nobody starts", async () => {
    const says = (command: string) => (command.includes("show") ? { code: 0, stdout: "Id=x.service\nActiveState=inactive\n" } : undefined);
    expect((await find({ files: { [`${folder}/x.service`]: plain }, says })).ways).toEqual([]);
    expect((await find({ files: { [`${folder}/x.service`]: plain }, says: () => undefined })).ways).toEqual([]);
  });

  it("a unit that is masked, and another name of one that is found", async () => {
    const { ways } = await find({
      files: { [`${folder}/a.service`]: plain },
      links: { [`${folder}/masked.service`]: "/dev/null", [`${folder}/alias.service`]: `${folder}/a.service` },
    });
    expect(ways.map(({ name }) => name)).toEqual(["a.service"]);
  });
});

describe("a unit that cannot be asked or read", () => {
  it("counts when it is enabled, though nobody knows whether it runs", async () => {
    const scene = { files: { [`${folder}/a.service`]: plain }, links: { [`${wants}/a.service`]: `${folder}/a.service` } };
    expect((await find({ ...scene, says: () => ({ code: 1 }) })).ways).toMatchObject([{ isEnabled: true, isActive: null }]);
  });

  it("is skipped with a word, and the others are found", async () => {
    const looks = fakeOlderWays({ files: { [`${folder}/a.service`]: "secret", [`${folder}/b.service`]: plain }, says: active });
    const readText = (path: string) => {
      if (path.endsWith("a.service")) throw new Error(`cannot read ${path}: EACCES`);
      return looks.readText(path);
    };
    const { ways, skipped } = await findOlderWays({ ...looks, readText });
    expect(ways.map(({ name }) => name)).toEqual(["b.service"]);
    expect(skipped).toEqual([`cannot read ${folder}/a.service: EACCES`]);
  });
});
