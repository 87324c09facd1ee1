import { expect, it } from "vitest";
import { commandsFor } from "../../../../src/cli/doctor/commands.js";

const path = "/home/o'neil/my key";

it.each([
  ["linux", "chmod 600 '/home/o'\\''neil/my key'", "kill 7"],
  ["darwin", "chmod 600 '/home/o'\\''neil/my key'", "kill 7"],
  ["win32", "icacls '/home/o''neil/my key' /inheritance:r /grant:r \"$($env:USERNAME):F\"", "Stop-Process -Id 7"],
] as const)("speaks the shell of %s", (platform, close, end) => {
  const { closeKey, endProcess } = commandsFor(platform);
  expect(closeKey(path)).toBe(close);
  expect(endProcess(7)).toBe(end);
});

it("puts a key on a server without a program that Windows has not", () => {
  expect(commandsFor("linux").copyKey("k", "me@vps")).toBe("ssh-copy-id -i k.pub me@vps");
  expect(commandsFor("win32").copyKey("k", "me@vps")).toBe('Get-Content k.pub | ssh me@vps "cat >> .ssh/authorized_keys"');
});
