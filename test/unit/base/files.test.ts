import { describe, expect, it } from "vitest";
import { folderUnusable } from "../../../src/base/files.js";

const systemError = (code: string) => Object.assign(new Error(`${code}: what the system says, write`), { code });

describe("a folder that cannot be used", () => {
  it.each(["ENOSPC", "EDQUOT"])("because of %s is said to have no room, with what to do about that", (code) => {
    expect(folderUnusable("/f", systemError(code)).report()).toEqual({
      code: "folder-unusable",
      message: "cannot use the folder /f: there is no room left on its disk",
      hint: "Make room on the disk, then try again.",
      recovery: "none",
    });
  });

  it("for another reason is told with that, and its cause", () => {
    const cause = systemError("EROFS");
    const failure = folderUnusable("/f", cause);
    expect(failure).toMatchObject({ message: "cannot use the folder /f: EROFS: what the system says, write", cause });
    expect(failure.hint).toContain("CLAWTUNNEL_HOME");
  });
});
