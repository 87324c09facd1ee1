import { expect, it } from "vitest";
import { freePort } from "../support/sshd.js";
import { fetchText, isVerified, loginWords, makeHome, makeService, makeSshd, readConfig, targetOf, untilTunnel } from "./scene.js";

it("is up by another target while the first is away, says so, and is back at the first when it is there again", async () => {
  const [lan, road, service, port] = await Promise.all([makeSshd(), makeSshd(), makeService(), freePort()]);
  const home = makeHome();
  await lan.stop();
  const known = ["-o", `UserKnownHostsFile=${lan.knownHostsPath} ${road.knownHostsPath}`];
  const forward = ["-L", `${port}:127.0.0.1:${service.port}`];

  const up = await home.run(
    "up",
    targetOf(lan),
    "--fallback",
    targetOf(road),
    ...forward,
    ...known,
    ...loginWords(lan),
    "-i",
    road.clientKeyPath,
  );

  expect(up.code, up.stdout + up.stderr).toBe(0);
  expect(up.stdout).toContain("2nd of 2 targets");
  expect(Object.values(readConfig(home).tunnels)).toMatchObject([{ targets: [targetOf(lan), targetOf(road)] }]);
  expect(await fetchText(port)).toBe("ok\n");

  await lan.start();
  const name = Object.keys(readConfig(home).tunnels)[0] ?? "";
  expect((await home.run("restart", name)).code).toBe(0);
  expect(await untilTunnel(home, name, isVerified)).toMatchObject({ target: targetOf(lan), targetIndex: 0, reconnects: 0 });
});
