import { type Endpoint, formatEndpoint, parsePort, portProblem } from "../base/address.js";
import { Failure } from "../base/failure.js";

/** A port of a container on the server, which need not be published there. */
export interface ContainerPort {
  readonly container: string;
  readonly port: number;
}

/** The port of the OpenClaw gateway with this profile (null: the default one), which its configuration on the server says. */
export interface GatewayPort {
  readonly profile: string | null;
}

/** Where only the server can say where it is. */
export type NamedDestination = ContainerPort | GatewayPort;

/** Where a local forward leads. */
export type Destination = Endpoint | NamedDestination;

export function isNamed(to: Destination): to is NamedDestination {
  return "container" in to || "profile" in to;
}

/** As it is written in the config; a gateway's port is written as `remotePort: "auto"` there. */
export function formatDestination(to: Destination): string {
  if ("container" in to) return `${containerPrefix}${to.container}:${to.port}`;
  if ("profile" in to) return to.profile === null ? "the gateway's port" : `the port of the gateway "${to.profile}"`;
  return formatEndpoint(to);
}

const containerPrefix = "docker:";

/** What Docker and Podman take for a container's name or id: nothing in it means anything to a shell. */
const containerName = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** Reads `docker:NAME:PORT`; undefined for anything else: a host may be named docker, and has one colon after it. Throws `forward-invalid`. */
export function parseContainerPort(text: string): ContainerPort | undefined {
  const parts = text.split(":");
  const [, container = "", port = ""] = parts;
  if (!text.startsWith(containerPrefix) || parts.length !== 3) return undefined;
  if (!containerName.test(container)) throw new Failure("forward-invalid", `"${text}": "${container}" is not a container's name`);
  const problem = portProblem(parsePort(port));
  if (problem !== undefined) throw new Failure("forward-invalid", `"${text}": the port ${problem}`);
  return { container, port: parsePort(port) };
}
