import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { hasNamespaces, makeServerMachine } from "../support/namespace.js";
import { until } from "../support/until.js";

const run = promisify(execFile);

describe.skipIf(!hasNamespaces)("a server in a network of its own", () => {
  it("shows its gateway to this machine as long as the gateway's bind does", async () => {
    const server = await makeServerMachine();
    const gateway = await server.startGateway("bind: 'lan'", { isService: true });
    const url = `http://${server.address}:18789/healthz`;
    expect(await (await fetch(url)).json()).toEqual({ ok: true, status: "live" });
    gateway.writeConfig(gateway.readConfig().replace("'lan'", "'loopback'"));
    await until(() => server.run("ss", "-ltnH").includes("127.0.0.1:18789"));
    await expect(fetch(url)).rejects.toThrow();
  });

  it("lets its user log in, whose home has the gateway's configuration", async () => {
    const { sshd, address, home } = await makeServerMachine();
    writeFileSync(join(home, "here"), "mine");
    const options = ["-F", "none", "-i", sshd.clientKeyPath, "-o", `UserKnownHostsFile=${sshd.knownHostsPath}`, "-o", "BatchMode=yes"];
    const { stdout } = await run("ssh", [...options, `${sshd.user}@${address}`, 'cat "$HOME/here"']);
    expect(stdout).toBe("mine");
  });
});
