import { isDockerEngineThere } from "../support/docker-engine.js";

/** Says what `npm test` leaves out on this machine: the note of a skipped test is not shown. */
export async function setup(): Promise<void> {
  if (await isDockerEngineThere()) return;
  process.stderr.write("containers: skipped, because no Docker engine answers here; `npm run test:containers` where one does\n");
}
