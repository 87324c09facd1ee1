import { defineConfig } from "vitest/config";

/** The suite that needs a Docker engine, for itself. `npm test` takes it in where one answers: see vitest.config.ts. */
export default defineConfig({
  test: {
    name: "containers",
    include: ["test/containers/**/*.test.ts"],
    testTimeout: 90_000,
    // The first one may have to pull Debian and to install sshd.
    hookTimeout: 300_000,
    // As in e2e: its files run one at a time and beside nothing else, because its waits are short.
    fileParallelism: false,
    env: {
      // An image that would have to be pulled; test/containers/leftovers.ts does its work.
      TESTCONTAINERS_RYUK_DISABLED: "true",
      // Where published ports are. Left to itself, testcontainers takes the bridge's address on a machine that is a container too.
      TESTCONTAINERS_HOST_OVERRIDE: process.env.TESTCONTAINERS_HOST_OVERRIDE ?? "127.0.0.1",
    },
  },
});
