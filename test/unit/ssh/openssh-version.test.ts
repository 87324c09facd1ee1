import { describe, expect, it } from "vitest";
import { isAtLeast, readOpensshVersion } from "../../../src/ssh/openssh-version.js";

describe("the version of ssh", () => {
  it.each([
    ["OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.19 27 Jan 2026", { major: 9, minor: 2 }],
    ["OpenSSH_10.0p2, LibreSSL 3.3.6", { major: 10, minor: 0 }],
    ["OpenSSH_for_Windows_9.5p1, LibreSSL 3.8.2", { major: 9, minor: 5 }],
    ["Sun_SSH_2.4, SSH protocols 1.5/2.0", undefined],
  ])("is read from %j", (text, version) => {
    expect(readOpensshVersion(text)).toEqual(version);
  });

  it("is compared by numbers, not by letters", () => {
    expect(isAtLeast({ major: 10, minor: 0 }, 8, 7)).toBe(true);
    expect(isAtLeast({ major: 8, minor: 6 }, 8, 7)).toBe(false);
  });
});
