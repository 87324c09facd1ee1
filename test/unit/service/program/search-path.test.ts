import { describe, expect, it } from "vitest";
import { serviceSearchPath } from "../../../../src/service/program/search-path.js";
import { fakeMachine } from "../../../support/fake-machine.js";

const there = 0o40755;
const search = (written: string, folders: Readonly<Record<string, number>>, platform: NodeJS.Platform = "linux") =>
  serviceSearchPath(written, fakeMachine({ platform, folders }));

describe("the service's PATH", () => {
  it("has the person's own folders first, in their order, and the system's behind them", () => {
    const folders = {
      "/home/me/bin": there,
      "/opt/google-cloud-sdk/bin": there,
      "/usr/bin": there,
      "/bin": there,
      "/usr/local/bin": there,
    };
    expect(search("/opt/google-cloud-sdk/bin:/home/me/bin", folders)).toBe(
      "/opt/google-cloud-sdk/bin:/home/me/bin:/usr/local/bin:/usr/bin:/bin",
    );
  });

  it.each([
    ["a folder of one shell session", "/run/user/1000/fnm_multishells/7_1/bin"],
    ["the programs of a project", "/home/me/app/node_modules/.bin"],
    ["what npx put there", "/home/me/.npm/_npx/1a/node_modules/.bin"],
    ["a temporary folder", "/tmp/bin"],
    ["the temporary folder itself", "/tmp"],
    ["a relative folder", "bin"],
    ["the current folder", "."],
    ["an empty entry, which is the current folder too", ""],
    ["a folder with a line break in its name", "/home/me/a\nb"],
    ["a folder that is not there", "/nowhere"],
  ])("leaves out %s", (_, folder) => {
    const folders = { "/usr/bin": there, ...(folder === "/nowhere" ? {} : { [folder]: there }) };
    expect(search(`${folder}:/usr/bin`, folders)).toBe("/usr/bin");
  });

  it("leaves out a folder that everybody may write into, sticky or not", () => {
    expect(search("/home/me/open:/srv/sticky:/usr/bin", { "/home/me/open": 0o40777, "/srv/sticky": 0o41777, "/usr/bin": there })).toBe(
      "/usr/bin",
    );
  });

  it("keeps a folder that a group may write into, as Homebrew's is", () => {
    expect(search("/opt/homebrew/bin", { "/opt/homebrew/bin": 0o40775 }, "darwin")).toBe("/opt/homebrew/bin");
  });

  it("keeps the shims of a version manager: a ProxyCommand may be one", () => {
    expect(search("/home/me/.asdf/shims:/snap/bin", { "/home/me/.asdf/shims": there, "/snap/bin": there })).toBe(
      "/home/me/.asdf/shims:/snap/bin",
    );
  });

  it("has each folder once, however it is spelled", () => {
    expect(search("/usr/bin/:/usr/bin:/usr/bin", { "/usr/bin/": there, "/usr/bin": there })).toBe("/usr/bin");
  });

  it("is the system's where there is none", () => {
    expect(serviceSearchPath(undefined, fakeMachine({ folders: { "/usr/bin": there, "/sbin": there } }))).toBe("/usr/bin:/sbin");
  });

  it("is Windows' own on Windows, where case and quotes make no difference", () => {
    const machine = fakeMachine({
      platform: "win32",
      env: { SystemRoot: "C:\\Windows" },
      folders: {
        "C:\\WINDOWS\\system32": 0o40666,
        "C:\\Windows\\System32": 0o40666,
        "C:\\Windows": 0o40666,
        "D:\\": 0o40666,
        "C:\\Program Files\\Git\\cmd": 0o40666,
        "C:\\Users\\me\\AppData\\Local\\Temp\\x": 0o40666,
        "C:\\Users\\me\\AppData\\Local\\fnm_multishells\\1_2": 0o40666,
      },
    });
    const written = [
      "C:\\WINDOWS\\system32",
      '"C:\\Program Files\\Git\\cmd\\"',
      "D:\\",
      "c:\\program files\\git\\CMD",
      "C:\\Users\\me\\AppData\\Local\\Temp\\x",
      "C:\\Users\\me\\AppData\\Local\\fnm_multishells\\1_2",
      "\\\\",
    ];
    expect(serviceSearchPath(written.join(";"), machine)).toBe("C:\\WINDOWS\\system32;C:\\Program Files\\Git\\cmd;D:\\;C:\\Windows");
  });
});
