import { defineConfig } from "vitest/config";

// A config of its own, because it takes minutes: `npm test` does not run it, `npm run test:faults` and CI do.
export default defineConfig({
  test: {
    name: "faults",
    include: ["test/faults/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
