import { rmSync } from "node:fs";
import { isAbsolute } from "node:path";
import { build } from "rolldown";

const shared = {
  platform: "node",
  // Packages stay packages.
  external: (id) => !id.startsWith(".") && !isAbsolute(id),
};

const output = { format: "esm", chunkFileNames: "parts/[name].js" };

const fromSrc = (names, folder) =>
  Object.fromEntries(names.map((name) => [folder === "" ? name : `${folder}/${name.split("/").at(-1)}`, `src/${name}.ts`]));

for (const folder of ["dist", "build"]) rmSync(folder, { recursive: true, force: true });

// Every output is two folders below the package's own, as src/base/own-package.ts expects it.
await build([
  {
    // Programs of a few files, and not of the four hundred in src/: Node looks for and reads each by itself, and a daemon of one file
    // for each idea took two fifths longer to start.
    ...shared,
    input: fromSrc(["cli/main", "demo/server-process"], ""),
    output: { ...output, dir: "dist" },
  },
  {
    // By itself: what commands load a part of at a time would cut the daemon, which wants nearly all of it, into twice as many files.
    ...shared,
    input: fromSrc(["daemon/clawtunnel-daemon"], ""),
    output: { ...output, chunkFileNames: "daemon-parts/[name].js", dir: "dist" },
  },
  {
    // What tests run in processes of their own. Not published.
    ...shared,
    input: fromSrc(
      ["daemon/launch", "daemon/lock/lock", "daemon/wake/logind", "demo/ssh-server", "ssh/openssh/engine", "ssh/resolve/resolve-host"],
      "testable",
    ),
    output: { ...output, dir: "build" },
  },
]);
