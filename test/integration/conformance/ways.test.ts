import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loginTo } from "../../support/login.js";
import type { TestSshd } from "../../support/test-sshd.js";
import { until } from "../../support/until.js";
import { dial, engines, hasRealServer, publicHalf, readAll, useScene } from "./scene.js";

describe.skipIf(!hasRealServer).each(engines)("a way to the server by %s", (_name, engine) => {
  const scene = useScene(engine);

  it("through two jump hosts, each with a key and a host key of its own", async () => {
    const [first, second, target] = [await scene.sshd(), await scene.sshd(), await scene.sshd()];
    const configFile = writeConfig(
      ...hostBlock("first", first),
      ...hostBlock("second", second),
      ...hostBlock("target", target),
      "  ProxyJump first,second",
    );
    const session = await scene.connect(target, { ...toAlias("target"), configFile });
    const service = await scene.service((socket) => void socket.end("far"));
    expect((await readAll(await dial(session, service.port))).toString()).toBe("far");
    expect([first, second, target].map((sshd) => sshd.countSessions())).toEqual([1, 1, 1]);
  });

  it("through a jump host is lost with the jump host", async () => {
    const [hop, target] = [await scene.sshd(), await scene.sshd()];
    const configFile = writeConfig(...hostBlock("hop", hop), ...hostBlock("target", target), "  ProxyJump hop");
    const session = await scene.connect(target, { ...toAlias("target"), configFile });
    await hop.killSessions();
    expect(await session.ended).toMatchObject({ recovery: "retry" });
    await until(() => target.countSessions() === 0);
  });

  it("through a jump host whose host key is not known is refused, and the target is never seen", async () => {
    const [hop, target] = [await scene.sshd(), await scene.sshd()];
    const block = hostBlock("hop", hop).map((line) => (line.includes("UserKnownHostsFile") ? "  UserKnownHostsFile /dev/null" : line));
    const configFile = writeConfig(...block, ...hostBlock("target", target), "  ProxyJump hop");
    const connections = () => target.log().split("Connection from").length;
    const before = connections();
    await expect(scene.connect(target, { ...toAlias("target"), configFile })).rejects.toMatchObject({ code: "host-key-unknown" });
    expect(connections()).toBe(before);
  });

  it("through a ProxyCommand, which ends with the session", async () => {
    const [hop, target] = [await scene.sshd(), await scene.sshd()];
    const words = `ssh -F none -i ${hop.clientKeyPath} -o UserKnownHostsFile=${hop.knownHostsPath} -p ${hop.port} -W %h:%p 127.0.0.1`;
    const configFile = writeConfig(...hostBlock("target", target), `  ProxyCommand ${words}`);
    const session = await scene.connect(target, { ...toAlias("target"), configFile });
    const service = await scene.service((socket) => void socket.end("far"));
    expect((await readAll(await dial(session, service.port))).toString()).toBe("far");
    session.close();
    await session.ended;
    await until(() => hop.countSessions() === 0);
  });

  it("through a ProxyCommand that fails is told with its own words, as something that passes", async () => {
    const target = await scene.sshd();
    const configFile = writeConfig(...hostBlock("target", target), "  ProxyCommand echo the gate is shut >&2; exit 3");
    await expect(scene.connect(target, { ...toAlias("target"), configFile })).rejects.toMatchObject({ recovery: "retry" });
  });

  it("over IPv6", async () => {
    const sshd = await scene.sshd({ extraConfig: ["ListenAddress ::1"] });
    const known = join(scene.cleanups.folder(), "known_hosts");
    writeFileSync(known, `[::1]:${sshd.port} ${publicHalf(sshd.hostKeyPath)}\n`);
    const session = await scene.connect(sshd, {
      target: { user: sshd.user, host: "::1", port: sshd.port },
      options: [`UserKnownHostsFile=${known}`, "GlobalKnownHostsFile=none"],
    });
    const service = await scene.service((socket) => void socket.end("six"));
    expect((await readAll(await dial(session, service.port))).toString()).toBe("six");
  });

  it("compressed, where the user asks for it", async () => {
    const sshd = await scene.sshd({ extraConfig: ["Compression yes"] });
    const session = await scene.connect(sshd, { options: [...loginTo(sshd).options, "Compression=yes"] });
    const text = "again ".repeat(100_000);
    const service = await scene.service((socket) => void socket.end(text));
    expect((await readAll(await dial(session, service.port))).toString()).toBe(text);
  });

  function writeConfig(...lines: readonly string[]): string {
    const path = join(scene.cleanups.folder(), "ssh_config");
    writeFileSync(path, `${lines.join("\n")}\n`);
    return path;
  }
});

/** What a person's ssh_config says of a test's server. */
function hostBlock(alias: string, sshd: TestSshd): string[] {
  return [
    `Host ${alias}`,
    `  HostName ${sshd.host}`,
    `  Port ${sshd.port}`,
    `  User ${sshd.user}`,
    `  IdentityFile ${sshd.clientKeyPath}`,
    "  IdentitiesOnly yes",
    `  UserKnownHostsFile ${sshd.knownHostsPath}`,
    "  GlobalKnownHostsFile none",
  ];
}

function toAlias(alias: string) {
  return { target: { user: null, host: alias, port: null }, identities: [], options: [] };
}
