import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterEach, expect, it } from "vitest";
import { generateEd25519Key } from "../../../src/ssh/keys/generate-key.js";
import { Cleanups } from "../../support/cleanups.js";
import { connectBySsh2, connectContext, loginTo, neverAborted } from "../../support/login.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

it("a command whose whole answer comes with the word that it has begun is heard", async () => {
  const { port, hostKeyPublic } = await serverThatAnswersAtOnce();
  const folder = cleanups.folder();
  const keyPath = join(folder, "key");
  const knownHostsPath = join(folder, "known_hosts");
  writeFileSync(keyPath, generateEd25519Key().private, { mode: 0o600 });
  writeFileSync(knownHostsPath, `[127.0.0.1]:${port} ${hostKeyPublic}\n`);
  const server = { user: "me", host: "127.0.0.1", port, clientKeyPath: keyPath, knownHostsPath };
  const session = await connectBySsh2(loginTo(server), connectContext(), neverAborted);
  cleanups.add(() => session.close());

  const answers = [];
  for (let count = 0; count < 20; count++) answers.push(await session.exec("say", {}, neverAborted));

  expect(answers).toEqual(answers.map(() => ({ exitCode: 7, stdout: "said", stderr: "" })));
});

/** All that it has to say of a command leaves in one write. */
async function serverThatAnswersAtOnce(): Promise<{ readonly port: number; readonly hostKeyPublic: string }> {
  const hostKey = generateEd25519Key();
  let socket: Socket | undefined;
  const ssh = new ssh2.Server({ hostKeys: [hostKey.private] }, (client) => {
    client.on("error", () => {});
    client.on("authentication", (context) => context.accept());
    client.on("session", (acceptSession) => {
      acceptSession().on("exec", (acceptExec) => {
        socket?.cork();
        const channel = acceptExec();
        channel.write("said");
        channel.exit(7);
        channel.end();
        setImmediate(() => socket?.uncork());
      });
    });
  });
  const listener = createServer((accepted) => {
    socket = accepted.on("error", () => {});
    ssh.injectSocket(accepted);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  cleanups.add(() => void listener.close());
  cleanups.add(() => void socket?.destroy());
  return { port: (listener.address() as AddressInfo).port, hostKeyPublic: hostKey.public.split(" ", 2).join(" ") };
}
