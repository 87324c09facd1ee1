import { beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import type { ServiceFacts } from "../../../src/service/facts.js";
import { findInstalled, isSameButForSearchPath } from "../../../src/service/find-installed.js";
import { linuxFacts } from "../../support/service-facts.js";
import { definitionOf, definitionPath, ServiceWorld, serviceOf } from "../fixtures/service-world.js";

let world: ServiceWorld;
beforeEach(() => {
  world = new ServiceWorld();
});

/** As one would be written with these facts: hardening shows in the definition. */
function choose(facts: ServiceFacts) {
  if (facts.wishes.usesCron) throw new Failure("service-unavailable", "no cron here");
  const hardened = facts.wishes.isHardened ? "hardened\n" : "";
  const text = `${definitionOf(undefined, facts.searchPath)}${hardened}User=${facts.user.name}\n`;
  return serviceOf(world, text, { scope: facts.wishes.scope });
}

function find(facts: ServiceFacts, scope: "user" | "system" = "user") {
  return findInstalled(facts, scope, { run: world.run, files: world.files, choose });
}

describe("what is installed", () => {
  it("is nothing where there is no definition", async () => {
    expect(await find(linuxFacts())).toBeUndefined();
  });

  it("is found as it was wished for, without being told", async () => {
    const facts = linuxFacts();
    const soft = { ...facts, wishes: { ...facts.wishes, isHardened: false } };
    world.install(choose(soft).files[0]?.contents);
    const found = await find(facts);
    expect(found?.facts.wishes.isHardened).toBe(false);
    expect(found?.files).toEqual([{ path: definitionPath, state: "same" }]);
  });

  it("is the same in a shell with another PATH", async () => {
    world.install(choose(linuxFacts({ searchPath: "/opt/venv/bin:/usr/bin" })).files[0]?.contents);
    expect((await find(linuxFacts()))?.files).toMatchObject([{ state: "same" }]);
  });

  it("is another when anything else was changed in it", async () => {
    world.install(`${definitionOf()}hardened\nUser=me\nNice=5\n`);
    expect((await find(linuxFacts()))?.files).toMatchObject([{ state: "different" }]);
  });

  it("is not what a person wrote under that name", async () => {
    world.install("[Service]\nExecStart=/usr/bin/clawtunnel daemon\nUser=me\n");
    expect(await find(linuxFacts())).toBeUndefined();
  });

  it("is, for the whole machine, not what another user has there", async () => {
    world.install(`${definitionOf()}hardened\nUser=you\n`);
    expect(await find(linuxFacts(), "system")).toBeUndefined();
    expect(await find(linuxFacts({ user: { name: "you", uid: 1001, home: "/home/you" } }), "system")).toBeDefined();
  });

  it("is, without a file, what the manager knows", async () => {
    const inCron = (facts: ServiceFacts) => serviceOf(world, "", { manager: "cron", files: [], scope: facts.wishes.scope });
    const look = () => findInstalled(linuxFacts({ systemd: null }), "user", { run: world.run, files: world.files, choose: inCron });
    expect(await look()).toBeUndefined();
    world.state = "stopped";
    expect((await look())?.service.manager).toBe("cron");
  });
});

it("compares a definition with all that stands in it", () => {
  const probe = "a.b $(c) PATH=clawtunnel-any-search-path end";
  expect(isSameButForSearchPath("a.b $(c) PATH=/x:/y end", probe)).toBe(true);
  expect(isSameButForSearchPath("aXb $(c) PATH=/x:/y end", probe)).toBe(false);
  expect(isSameButForSearchPath("a.b $(c) PATH=/x\nother end", probe)).toBe(false);
});
