import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { GenericContainer } from "testcontainers";

const folder = fileURLToPath(new URL("../../docker/", import.meta.url));
const dockerfile = "sshd-gateway/Dockerfile";

/** Builds docker/sshd-gateway, and returns the image's name. */
export async function buildGatewayImage(): Promise<string> {
  // Named after its contents: when a build fails, testcontainers goes on with an older image of the same name.
  const contents = createHash("sha256");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of files.map(({ parentPath, name }) => relative(folder, join(parentPath, name))).sort())
    contents
      .update(`${file}\0`)
      .update(readFileSync(join(folder, file)))
      .update("\0");
  const name = `clawtunnel-sshd-gateway:${contents.digest("hex").slice(0, 12)}`;
  try {
    await GenericContainer.fromDockerfile(folder, dockerfile).build(name, { deleteOnExit: false });
  } catch (error) {
    throw new Error(`the image does not build; \`docker build ${folder}\` tells why`, { cause: error });
  }
  return name;
}
