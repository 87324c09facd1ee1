import { expect, it } from "vitest";
import { isDockerEngineThere } from "../support/docker-engine.js";

it("has a Docker engine for the container suite where CLAWTUNNEL_TEST_REQUIRE asks for it", async ({ skip }) => {
  const isRequired = process.env.CLAWTUNNEL_TEST_REQUIRE?.split(",").includes("docker") ?? false;
  const isThere = await isDockerEngineThere();
  skip(!isRequired && !isThere, "no Docker engine answers: the container suite is left out; `npm run test:containers` where there is one");
  expect(isThere).toBe(true);
});
