import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { program } from "../support/clawtunnel.js";
import { until } from "../support/until.js";

// A temporary folder of its own shows what the demo leaves there; the user's home shows whether it went where it must not go.
let temporary: string;
let userHome: string;
beforeEach(() => {
  const root = mkdtempSync(join(process.platform === "win32" ? tmpdir() : "/tmp", "ct-demo-"));
  temporary = join(root, "t");
  userHome = join(root, "u");
  for (const folder of [temporary, userHome]) mkdirSync(folder);
});
afterEach(() => rmSync(join(temporary, ".."), { recursive: true, force: true }));

it("shows a tunnel from its start over a loss to its end, and leaves nothing behind", async () => {
  const { child, stdout } = startDemo();
  const [code] = (await once(child, "close")) as [number | null];

  const text = stdout();
  expect({ code, text }).toMatchObject({ code: 0, text: expect.not.stringContaining("FAILED") });
  const inOrder = [
    /\$ clawtunnel up demo@127\.0\.0\.1:\d+ -L \d+:127\.0\.0\.1:\d+ --preset openclaw -i key/,
    /^daemon started \(pid \d+\)$/m,
    /^demo {2}verified for /m,
    /\$ curl http:\/\/127\.0\.0\.1:\d+\/hello\nhello from behind the tunnel\n/,
    /# Now the server drops the SSH session/,
    /\$ curl http:\/\/127\.0\.0\.1:\d+\/hello\nhello from behind the tunnel\n# Answered \d+ ms after the session was dropped\./,
    /\$ clawtunnel status\ndemo {2}verified for .*1 reconnect/,
    /\$ clawtunnel down demo\ndemo is down; /,
    /nothing is left behind/,
  ];
  let rest = text;
  for (const step of inOrder) {
    const found = step.exec(rest);
    expect(found, `${step} in:\n${rest}`).not.toBeNull();
    rest = rest.slice((found?.index ?? 0) + (found?.[0].length ?? 0));
  }
  await expectNothingLeft(text);
});

it.skipIf(process.platform === "win32")(
  "clears away as well when it is interrupted, and says that it did not come to its end",
  async () => {
    const { child, stdout } = startDemo();
    await until(() => stdout().includes("daemon started"));
    child.kill("SIGINT");
    const [code] = (await once(child, "close")) as [number | null];

    expect(code).toBe(1);
    expect(stdout()).toContain("FAILED: interrupted");
    await expectNothingLeft(stdout());
  },
);

function startDemo(): { child: ChildProcess; stdout: () => string } {
  const places = { TMPDIR: temporary, TEMP: temporary, TMP: temporary, HOME: userHome, USERPROFILE: userHome };
  const child = spawn(process.execPath, [program, "demo"], {
    env: { ...process.env, ...places },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  return { child, stdout: () => text };
}

async function expectNothingLeft(text: string): Promise<void> {
  expect(readdirSync(temporary)).toEqual([]);
  expect(readdirSync(userHome)).toEqual([]);
  const ports = [/up demo@127\.0\.0\.1:(\d+)/, /-L (\d+):/, /-L \d+:127\.0\.0\.1:(\d+)/].map((port) => Number(port.exec(text)?.[1]));
  for (const port of ports) expect(await accepts(port)).toBe(false);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
