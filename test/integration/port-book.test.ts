import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { PortBook } from "../../src/daemon/ports/port-book.js";
import { Cleanups } from "../support/cleanups.js";
import { forwardSpec } from "../unit/fixtures/forwards.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

const bind = "127.0.0.1:8080";

function bookIn(folder: string) {
  const path = join(folder, "ports.json");
  const errors: string[] = [];
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (_fields: object, sentence: string) => void errors.push(sentence) };
  return { path, errors, open: () => new PortBook(path, log) };
}

it("remembers a port for each tunnel and address, also in a new daemon, in a file of its owner alone", () => {
  const { path, open } = bookIn(cleanups.folder());
  const book = open();
  book.set("web", bind, 8081);
  book.set("web", "[::1]:9090", 9091);
  book.set("db", bind, 8082);
  const again = open();
  expect([again.get("web", bind), again.get("web", "[::1]:9090"), again.get("db", bind)]).toEqual([8081, 9091, 8082]);
  expect(again.get("web", "127.0.0.1:9090")).toBeUndefined();
  if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
});

it("forgets a tunnel that is no more, and no other", () => {
  const { open } = bookIn(cleanups.folder());
  const book = open();
  book.set("web", bind, 8081);
  book.set("db", bind, 8082);
  book.forget("web");
  expect([open().get("web", bind), open().get("db", bind)]).toEqual([undefined, 8082]);
});

it("forgets the addresses that no tunnel wants any more, and touches nothing when there are none", () => {
  const { path, open } = bookIn(cleanups.folder());
  const book = open();
  const other = "127.0.0.1:9090";
  for (const [tunnel, wanted] of [
    ["web", bind],
    ["web", other],
    ["db", bind],
    ["old", bind],
  ] as const)
    book.set(tunnel, wanted, 8081);
  const wants = (name: string, port: number) => ({ name, forwards: [forwardSpec(port)] });
  book.keepOnly([wants("web", 9090), wants("db", 8080)]);
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ ports: { web: { [other]: 8081 }, db: { [bind]: 8081 } } });
  rmSync(path);
  book.keepOnly([wants("web", 9090), wants("db", 8080)]);
  expect(existsSync(path)).toBe(false);
});

it.each(["", "no JSON", "null", "[]", '{"ports":7}', '{"ports":{"web":null}}', '{"ports":{"web":{"127.0.0.1:8080":"8081"}}}'])(
  "remembers nothing that a damaged file %j says, and writes a whole one",
  (text) => {
    const { path, open } = bookIn(cleanups.folder());
    writeFileSync(path, text);
    const book = open();
    expect(book.get("web", bind)).toBeUndefined();
    book.set("web", bind, 8081);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ ports: { web: { [bind]: 8081 } } });
  },
);

it("goes on where it cannot be written, and says so", () => {
  const { errors, open } = bookIn(join(cleanups.folder(), "not-there"));
  const book = open();
  book.set("web", bind, 8081);
  expect(book.get("web", bind)).toBe(8081);
  expect(errors).toEqual([expect.stringContaining("could not be written")]);
});
