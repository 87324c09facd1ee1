import { beforeEach, describe, expect, it } from "vitest";
import { uninstall } from "../../../../src/service/flows/uninstall.js";
import { definitionOf, definitionPath, ServiceWorld, serviceOf } from "../../fixtures/service-world.js";

const { signal } = new AbortController();
let world: ServiceWorld;
beforeEach(() => {
  world = new ServiceWorld();
});

describe("an uninstall", () => {
  it("ends the service, removes its file, and has the manager forget it, in that order", async () => {
    world.install();
    expect(await uninstall(serviceOf(world), world.hands(), signal)).toEqual({ wasThere: true, removed: [definitionPath] });
    expect(world.commands()).toEqual(["fake withdraw", "fake forget"]);
    expect([world.stored.size, world.state, world.daemon]).toEqual([0, "absent", undefined]);
  });

  it("removes a definition that another version wrote", async () => {
    world.install(definitionOf("0.1.0"));
    await uninstall(serviceOf(world), world.hands(), signal);
    expect(world.stored.size).toBe(0);
  });

  it("is as good when there was nothing", async () => {
    expect(await uninstall(serviceOf(world), world.hands(), signal)).toEqual({ wasThere: false, removed: [] });
  });

  it("takes away what only the manager still knows", async () => {
    world.install();
    world.stored.clear();
    expect(await uninstall(serviceOf(world), world.hands(), signal)).toMatchObject({ wasThere: true, removed: [] });
    expect(world.state).toBe("absent");
  });

  it("leaves the folder that the file was in", async () => {
    world.install();
    const before = new Set(world.folders);
    await uninstall(serviceOf(world), world.hands(), signal);
    expect(world.folders).toEqual(before);
  });

  it("keeps the files while the manager refuses, which would start them at the next boot", async () => {
    world.install();
    world.refuses.add("withdraw");
    await expect(uninstall(serviceOf(world), world.hands(), signal)).rejects.toMatchObject({
      code: "service-manager-failed",
      hint: expect.stringContaining("still there"),
    });
    expect(world.definition()).toBe(definitionOf());
  });
});
