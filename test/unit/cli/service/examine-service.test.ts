import { expect, it } from "vitest";
import { examineService } from "../../../../src/cli/service/examine-service.js";
import { fakeCli } from "../../fixtures/service-machine.js";
import { definitionOf, ServiceWorld } from "../../fixtures/service-world.js";

it("sees a service that no file shows, as a line of the crontab is one", async () => {
  const world = new ServiceWorld();
  world.install(definitionOf(undefined, "/usr/bin:/bin"));
  const { machine, context } = fakeCli(world, { machine: { mayBeInstalled: () => false } });
  expect(await examineService(machine, context.signal)).toEqual({ name: "clawtunnel.service of systemd", findings: [] });
});
