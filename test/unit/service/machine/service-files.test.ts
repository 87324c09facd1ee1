import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytesOf, systemFiles, textOf } from "../../../../src/service/machine/service-files.js";
import { Cleanups } from "../../../support/cleanups.js";

const isWindows = process.platform === "win32";
const cleanups = new Cleanups();
let folder: string;
beforeEach(() => {
  folder = cleanups.folder();
});
afterEach(cleanups.run);

const file = { bytes: Buffer.from("text"), mode: 0o644 };

describe("a file of a service", () => {
  it("is there whole, with the folders it needs, and nothing beside it", () => {
    const path = join(folder, "systemd", "user", "x.service");
    expect(systemFiles.write(path, file)).toEqual([join(folder, "systemd"), join(folder, "systemd", "user")]);
    expect(systemFiles.write(path, file)).toEqual([]);
    expect(readFileSync(path, "utf8")).toBe("text");
    expect(readdirSync(join(folder, "systemd", "user"))).toEqual(["x.service"]);
  });

  it.skipIf(isWindows)("can be read by its manager whatever the umask of who writes it", () => {
    const before = process.umask(0o077);
    try {
      systemFiles.write(join(folder, "x"), file);
    } finally {
      process.umask(before);
    }
    expect(statSync(join(folder, "x")).mode & 0o777).toBe(0o644);
  });

  it("is remembered with its mode, and is nothing where there is none", () => {
    writeFileSync(join(folder, "x"), "old");
    if (!isWindows) chmodSync(join(folder, "x"), 0o600);
    expect(systemFiles.read(join(folder, "x"))).toMatchObject({ bytes: Buffer.from("old"), ...(!isWindows && { mode: 0o600 }) });
    expect(systemFiles.read(join(folder, "none"))).toBeUndefined();
    expect(systemFiles.read(join(folder, "x", "below"))).toBeUndefined();
  });

  it("can be removed twice", () => {
    systemFiles.write(join(folder, "x"), file);
    systemFiles.remove(join(folder, "x"));
    systemFiles.remove(join(folder, "x"));
    expect(readdirSync(folder)).toEqual([]);
  });

  it("that cannot be written says in which folder, and leaves no draft", () => {
    mkdirSync(join(folder, "x"));
    expect(() => systemFiles.write(join(folder, "x"), file)).toThrow(expect.objectContaining({ code: "folder-unusable" }));
    expect(readdirSync(folder)).toEqual(["x"]);
  });
});

it("removes a folder only when it is empty", () => {
  mkdirSync(join(folder, "empty"));
  mkdirSync(join(folder, "full", "other"), { recursive: true });
  for (const name of ["empty", "full", "none"]) systemFiles.removeEmptyFolder(join(folder, name));
  expect([existsSync(join(folder, "empty")), existsSync(join(folder, "full"))]).toEqual([false, true]);
});

it.each(["utf8", "utf16le"] as const)("reads back what is written as %s, with a byte order mark where Windows wants one", (encoding) => {
  const bytes = bytesOf({ path: "x", mode: 0o644, contents: "<Täsk/>\r\n", encoding });
  expect(bytes.subarray(0, 2).toString("hex") === "fffe").toBe(encoding === "utf16le");
  expect(textOf({ bytes, mode: 0o644 })).toBe("<Täsk/>\r\n");
});
