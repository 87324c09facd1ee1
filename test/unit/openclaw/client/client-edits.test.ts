import { describe, expect, it } from "vitest";
import { clientEdits, includesAt, isClientOf, isUntold, moveEdits } from "../../../../src/openclaw/client/client-edits.js";

const url = "ws://127.0.0.1:18789";
const told = { gateway: { mode: "remote", remote: { url, remotePort: 18_789, token: "t" } } };
const edits = (config: unknown, leavesLocal = false) =>
  clientEdits(config, { url, remotePort: 18_789 }, leavesLocal).map(({ path, value }) => [path.join("."), value]);

describe("a client's configuration", () => {
  it.each<[what: string, config: unknown]>([
    ["is empty", {}],
    ["is no object", null],
    ["has an object of another kind in the way", { gateway: { remote: [] } }],
  ])("that %s is told all there is to tell", (_what, config) => {
    expect(edits(config)).toEqual([
      ["gateway.mode", "remote"],
      ["gateway.remote.url", url],
      ["gateway.remote.remotePort", 18_789],
    ]);
  });

  it("is told only what it does not say yet", () => {
    expect(edits({ gateway: { mode: "remote", remote: { url: "ws://elsewhere:1" } } }).map(([path]) => path)).toEqual([
      "gateway.remote.url",
      "gateway.remote.remotePort",
    ]);
    expect(edits(told)).toEqual([]);
  });

  it("is told no port of the server that is not known", () => {
    expect(clientEdits({}, { url, remotePort: null }, false).map(({ path }) => path.join("."))).toEqual([
      "gateway.mode",
      "gateway.remote.url",
    ]);
  });

  it("of a gateway on this machine is left alone, unless that gateway may be given up", () => {
    const local = { gateway: { mode: "local", port: 18_789 } };
    expect(() => edits(local)).toThrow(expect.objectContaining({ code: "client-config-unusable", hint: expect.stringContaining("--yes") }));
    expect(edits(local, true)).toContainEqual(["gateway.mode", "remote"]);
  });

  it("uses a gateway when it has its address, and is set to use one elsewhere at all", () => {
    expect(isClientOf(told, url)).toBe(true);
    expect(isClientOf(told, "ws://127.0.0.1:18790")).toBe(false);
    expect(isClientOf({ gateway: { ...told.gateway, mode: "local" } }, url)).toBe(false);
  });
});

describe("an address that has moved", () => {
  const moved = "ws://127.0.0.1:18790";

  it("is followed where the former one still stands", () => {
    expect(moveEdits(told, url, moved)).toEqual([{ path: ["gateway", "remote", "url"], value: moved }]);
  });

  it("changes nothing where it stands already", () => {
    expect(moveEdits(told, moved, url)).toEqual([]);
  });

  it.each([
    ["somebody else's address", told, "ws://127.0.0.1:18791"],
    ["an address of which nothing is known", told, undefined],
    ["no address any more", {}, url],
    ["no address, and had none", {}, undefined],
  ])("leaves a file alone that has %s", (_what, config, last) => {
    expect(moveEdits(config, last, moved)).toBeUndefined();
  });
});

it("says nothing of a gateway elsewhere when it has no address for one", () => {
  expect(isUntold({ gateway: { mode: "local" } })).toBe(true);
  expect(isUntold(told)).toBe(false);
});

it("is put together from the files that it includes", () => {
  expect(includesAt({ $include: "./a.json5" }, [])).toEqual(["./a.json5"]);
  expect(includesAt({ gateway: { $include: ["b", "c"] } }, ["gateway"])).toEqual(["b", "c"]);
  expect(includesAt(told, ["gateway", "remote"])).toEqual([]);
});
