import { isAbsolute } from "node:path";
import { defineConfig } from "rolldown";

// A program of a few files, and not of the four hundred in src/: Node looks for and reads each by itself, and a daemon of one file for
// each idea took two fifths longer to start. What programs share stands in dist/parts/, and packages stay packages.
const programs = ["cli/main", "daemon/clawtunnel-daemon", "demo/server-process"];

// What tests run in processes of their own. Not published.
const testable = [
  "daemon/launch",
  "daemon/lock/lock",
  "daemon/wake/logind",
  "demo/ssh-server",
  "ssh/openssh/engine",
  "ssh/resolve/resolve-host",
];

export default defineConfig({
  input: Object.fromEntries([
    ...programs.map((name) => [name, `src/${name}.ts`]),
    ...testable.map((name) => [`testable/${name}`, `src/${name}.ts`]),
  ]),
  platform: "node",
  external: (id) => !id.startsWith(".") && !isAbsolute(id),
  output: { dir: "dist", format: "esm", chunkFileNames: "parts/[name].js", cleanDir: true },
});
