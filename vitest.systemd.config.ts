import { defineConfig } from "vitest/config";

/** The suite that needs machines with systemd as PID 1. `.ci/systemd-box` makes what they boot. */
export default defineConfig({
  test: {
    name: "systemd",
    include: ["test/systemd/**/*.test.ts"],
    globalSetup: "test/systemd/global-setup.ts",
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Most of the time is waited for systemd. More at once would take the processor from what is waited for.
    maxWorkers: 2,
  },
});
