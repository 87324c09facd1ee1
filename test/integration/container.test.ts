import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.js";
import { findContainer, readAddress } from "../../src/ssh/names/container.js";
import { localHost } from "../support/local-host.js";
import { neverAborted } from "../support/login.js";

const web = { container: "web", port: 80 };

describe.skipIf(process.platform === "win32")("a container's address", () => {
  let bin: string;
  beforeEach(() => {
    bin = mkdtempSync(join(tmpdir(), "clawtunnel-test-"));
    symlinkSync("/bin/sh", join(bin, "sh"));
  });
  afterEach(() => rmSync(bin, { recursive: true }));
  const tool = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const find = () => findContainer(web, localHost({ PATH: bin }), neverAborted);

  it("is what docker says, of the container that was named and of nothing else", async () => {
    tool("docker", `[ "$1 $2 $3" = "inspect --type container" ] && [ "$6" = web ] && [ $# = 6 ] && echo clawtunnel-address=172.17.0.2`);
    expect(await find()).toEqual({ endpoint: { host: "172.17.0.2", port: 80 }, warning: null });
  });

  it("is asked of podman where docker does not know it", async () => {
    tool("docker", "echo 'Error: No such container: web' >&2; exit 1");
    tool("podman", "echo clawtunnel-address=10.88.0.7");
    expect(await find()).toMatchObject({ endpoint: { host: "10.88.0.7" } });
    tool("podman", "exit 125");
    await expect(find()).rejects.toMatchObject({ code: "container-unknown", message: expect.stringContaining("No such container: web") });
  });

  it("is not there without either, or while it does not run, or when another command ran in its place", async () => {
    await expect(find()).rejects.toMatchObject({
      code: "container-unknown",
      message: expect.stringContaining("neither docker nor podman"),
    });
    tool("docker", "echo");
    await expect(find()).rejects.toMatchObject({ code: "container-unknown", message: expect.stringContaining("has no address") });
  });

  it("is not known to a log-in that may run nothing; but a session that is gone says nothing of it", async () => {
    const failing = (code: "exec-refused" | "session-gone") => ({ exec: () => Promise.reject(new Failure(code, "no")) });
    await expect(findContainer(web, failing("exec-refused"), neverAborted)).rejects.toMatchObject({ code: "container-unknown" });
    await expect(findContainer(web, failing("session-gone"), neverAborted)).rejects.toMatchObject({ code: "session-gone" });
  });
});

it.each([
  ["Welcome!\n192.168.0.1\nclawtunnel-address=172.18.0.3\nclawtunnel-address=172.19.0.3\n", "172.18.0.3"],
  ["clawtunnel-address=fd00::2\r\n", "fd00::2"],
  ["clawtunnel-address=\nclawtunnel-address=evil.example.com\n", undefined],
])("of %j the address is %s", (stdout, address) => {
  expect(readAddress(stdout)).toBe(address);
});
