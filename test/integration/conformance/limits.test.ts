import { describe, expect, it } from "vitest";
import { neverAborted } from "../../support/login.js";
import { dial, engines, hasRealServer, readAll, useScene } from "./scene.js";

describe.skipIf(!hasRealServer).each(engines)("a server's limit met by %s", (_name, engine) => {
  const scene = useScene(engine);

  it.each([
    ["AllowTcpForwarding no", { extraConfig: ["AllowTcpForwarding no"] }],
    ["PermitOpen of another service", { extraConfig: ["PermitOpen 127.0.0.1:9"] }],
    ["no-port-forwarding of a key", { authorizedKeysOptions: "no-port-forwarding" }],
    ["permitopen of a key", { authorizedKeysOptions: 'restrict,port-forwarding,permitopen="127.0.0.1:9"' }],
  ])("%s is forwarding-prohibited, and the peer still answers", async (_limit, options) => {
    const session = await scene.connect(await scene.sshd(options));
    const service = await scene.service();
    await expect(dial(session, service.port)).rejects.toMatchObject({ code: "forwarding-prohibited" });
    expect(await session.probe(neverAborted)).toBeGreaterThan(0);
  });

  it("PermitOpen of this very service lets it through, with a key that may do nothing else", async () => {
    const service = await scene.service((socket) => void socket.end("in"));
    const sshd = await scene.sshd({ authorizedKeysOptions: `restrict,port-forwarding,permitopen="127.0.0.1:${service.port}"` });
    const session = await scene.connect(sshd);
    expect((await readAll(await dial(session, service.port))).toString()).toBe("in");
    expect(await session.probe(neverAborted)).toBeGreaterThan(0);
  });

  it("MaxSessions 0 does not matter: a forward is no session", async () => {
    const session = await scene.connect(await scene.sshd({ extraConfig: ["MaxSessions 0"] }));
    const service = await scene.service((socket) => void socket.end("in"));
    expect((await readAll(await dial(session, service.port))).toString()).toBe("in");
  });

  it("AllowTcpForwarding local refuses a remote forward by name", async () => {
    const session = await scene.connect(await scene.sshd({ extraConfig: ["AllowTcpForwarding local"] }));
    const asked = session.listen({ host: "127.0.0.1", port: 0 }, () => {}, neverAborted);
    await expect(asked).rejects.toMatchObject({ code: "remote-bind-refused" });
  });

  it("MaxAuthTries ends in auth-rejected, not in another try", async () => {
    const sshd = await scene.sshd({ extraConfig: ["MaxAuthTries 1"] });
    const wrong = [scene.key("-t", "ed25519", "-N", ""), scene.key("-t", "ed25519", "-N", "")];
    await expect(scene.connect(sshd, { identities: wrong })).rejects.toMatchObject({ code: "auth-rejected" });
  });
});
