import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { olderWaysLooks } from "../../../../src/service/older-ways/find-older-ways.js";

it("this machine has folders and files to read, and no word of those that are not there but for the file that was asked for", () => {
  const looks = olderWaysLooks(null, AbortSignal.timeout(10_000));
  const [folder, file] = [fileURLToPath(new URL(".", import.meta.url)), fileURLToPath(import.meta.url)];
  expect(looks.listFolder(folder)).toContain("find-older-ways.test.ts");
  expect(looks.readText(file)).toContain("this machine has folders");
  expect([looks.listFolder(`${folder}/none`), looks.realpath(`${folder}/none`)]).toEqual([[], undefined]);
  expect(() => looks.readText(`${folder}/none`)).toThrowError(expect.objectContaining({ code: "source-unreadable" }));
});
