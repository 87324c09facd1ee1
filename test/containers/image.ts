import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GenericContainer } from "testcontainers";

const folder = fileURLToPath(new URL("../../docker/sshd-gateway/", import.meta.url));

/** Builds docker/sshd-gateway, and returns the image's name. */
export async function buildGatewayImage(): Promise<string> {
  // Named after its contents: when a build fails, testcontainers goes on with an older image of the same name.
  const contents = createHash("sha256");
  for (const file of readdirSync(folder).sort())
    contents
      .update(`${file}\0`)
      .update(readFileSync(join(folder, file)))
      .update("\0");
  const name = `clawtunnel-sshd-gateway:${contents.digest("hex").slice(0, 12)}`;
  try {
    await GenericContainer.fromDockerfile(folder).build(name, { deleteOnExit: false });
  } catch (error) {
    throw new Error(`the image does not build; \`docker build ${folder}\` tells why`, { cause: error });
  }
  return name;
}
