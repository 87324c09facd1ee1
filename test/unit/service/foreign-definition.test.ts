import { beforeEach, describe, expect, it } from "vitest";
import { usualWishes } from "../../../src/service/choose-service.js";
import { refuseForeign } from "../../../src/service/foreign-definition.js";
import type { Service } from "../../../src/service/service.js";
import { linuxFacts } from "../../support/service-facts.js";
import { definitionOf, definitionPath, ServiceWorld, serviceOf } from "../fixtures/service-world.js";

let world: ServiceWorld;
beforeEach(() => {
  world = new ServiceWorld();
});

const put = (path: string, text: string) => world.stored.set(path, { bytes: Buffer.from(text), mode: 0o644 });

function refuse(scope: Service["scope"] = "user") {
  refuseForeign(serviceOf(world, undefined, { scope }), linuxFacts({ wishes: { ...usualWishes, scope } }), world.files);
}

describe("an install does not write over", () => {
  it("a unit that a person wrote", () => {
    put(definitionPath, "[Service]\nExecStart=/usr/bin/clawtunnel daemon\n");
    expect(() => refuse()).toThrow(/was not written by clawtunnel, and would be lost/);
  });

  it("a mask, which it tells how to take away", () => {
    put(definitionPath, "");
    expect(() => refuse()).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("systemctl --user unmask clawtunnel.service") }),
    );
    expect(() => refuse("system")).toThrow(expect.objectContaining({ hint: expect.stringContaining("`systemctl unmask") }));
  });

  it("another user's service of the whole machine", () => {
    put(definitionPath, `${definitionOf()}User=you\n`);
    expect(() => refuse("system")).toThrow(/the service of you, and would be one of claw/);
  });

  it("nothing where nothing is, and what is its own, of whichever version", () => {
    refuse();
    put(definitionPath, definitionOf("0.1.0"));
    refuse();
    put(definitionPath, `${definitionOf()}User=claw\n`);
    refuse("system");
    put(definitionPath, `${definitionOf()}User=${linuxFacts().user.uid}\n`);
    refuse("system");
  });
});

it("a service of the whole machine is not for a user who has one of their own", () => {
  put(`${linuxFacts().user.home}/.config/systemd/user/clawtunnel.service`, definitionOf());
  expect(() => refuse("system")).toThrow(/claw has a service of their own for this same home/);
});
