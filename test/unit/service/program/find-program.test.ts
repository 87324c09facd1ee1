import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { chooseNode } from "../../../../src/service/program/choose-node.js";
import { programLooks } from "../../../../src/service/program/find-program.js";

describe("this machine", () => {
  const looks = programLooks();

  it("knows the version of the node that runs", async () => {
    expect(looks.isExecutable(process.execPath)).toBe(true);
    expect(await looks.nodeVersion(process.execPath)).toBe(process.versions.node);
  });

  it("takes no file and no folder that is not there for one", async () => {
    const here = fileURLToPath(import.meta.url);
    expect(await looks.nodeVersion(`${here}.none`)).toBeUndefined();
    expect([looks.isExecutable(here), looks.isExecutable(homedir()), looks.isExecutable(`${here}.none`)]).toEqual([false, false, false]);
    expect([looks.realpath(`${here}.none`), looks.folderMode(here), looks.folderMode(`${here}.none`)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(looks.folderMode(homedir())).toEqual(expect.any(Number));
  });

  it("has a node that a service can rely on, or says why not", async () => {
    const found = await chooseNode(process.execPath, looks).catch((failure: unknown) => failure);
    if (found instanceof Error) expect(found).toMatchObject({ code: "program-unstable" });
    else expect(looks.isExecutable((found as { path: string }).path)).toBe(true);
  });
});
