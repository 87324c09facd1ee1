import { expect, it } from "vitest";
import { anyTrue } from "../../../src/base/any-true.js";
import { deferred } from "../fixtures/deferred.js";

it("is true as soon as one is, whatever the others are still about", async () => {
  const open = deferred<boolean>();
  expect(await anyTrue([open.promise, Promise.resolve(false), Promise.resolve(true)])).toBe(true);
});

it("is false only when all are, and when there are none", async () => {
  expect(await anyTrue([Promise.resolve(false), Promise.resolve(false)])).toBe(false);
  expect(await anyTrue([])).toBe(false);
});

it("rejects with the first that does", async () => {
  await expect(anyTrue([Promise.resolve(false), Promise.reject(new Error("a bug"))])).rejects.toThrow("a bug");
});
