import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { isDockerEngineThere } from "./test/support/docker-engine.js";

export default defineConfig({
  test: {
    projects: [
      // One module graph for all of them: they share no state, and starting a worker for each file takes longer than they do.
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], isolate: false } },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          globalSetup: "test/integration/global-setup.ts",
          testTimeout: 30_000,
          // They wait part of the time, for sshd and for faults. By itself vitest takes one less than there are cores: on two cores, one.
          maxWorkers: availableParallelism() + 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Most of them wait most of the time: on two cores two at once leave half of the processor idle. Many more would take it from
          // each other's daemons.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      // Without an engine the integration suite says that this one is left out.
      ...((await isDockerEngineThere()) ? ["./vitest.containers.config.ts"] : []),
    ],
  },
});
