import { randomUUID } from "node:crypto";
import { getContainerRuntimeClient } from "testcontainers";
import { hasEnded } from "../../src/base/process-identity.js";

const prefix = "clawtunnel-test";
const pattern = new RegExp(`^/?${prefix}-(\\d+)-`);

/** A name for a container or a network of this process. */
export function makeName(): string {
  return `${prefix}-${process.pid}-${randomUUID().slice(0, 8)}`;
}

/** Removes containers and networks whose process ended without doing so. */
export async function removeLeftovers(): Promise<void> {
  const { dockerode } = (await getContainerRuntimeClient()).container;
  for (const { Id, Names } of await dockerode.listContainers({ all: true })) {
    if (Names.some(isLeftOver)) await dockerode.getContainer(Id).remove({ force: true, v: true });
  }
  for (const { Id, Name } of await dockerode.listNetworks()) {
    if (isLeftOver(Name)) await dockerode.getNetwork(Id).remove();
  }
}

function isLeftOver(name: string): boolean {
  const pid = pattern.exec(name)?.[1];
  return pid !== undefined && hasEnded(Number(pid));
}
