import { Failure } from "../../base/failure.js";
import { foreign } from "../../base/text.js";
import { type ContainerPort, formatDestination } from "../../config/destination.js";
import type { ExecResult, RemoteHost, ResolvedName } from "../session.js";

/** Stands before each address, so that what a log-in shell says of itself is not taken for one. */
const marker = "clawtunnel-address=";

/**
 * Where a container of the server is, as Docker or else Podman tells: the address of its first network that has one. Rejects with
 * `container-unknown`, or `session-gone`.
 */
export async function findContainer(name: ContainerPort, host: RemoteHost, signal: AbortSignal): Promise<ResolvedName> {
  const answer = await host.exec("sh -s", { input: inspect(name.container) }, signal).catch((error: unknown) => {
    if (!(error instanceof Failure) || error.code === "session-gone") throw error;
    throw unknown(name, error.message, error);
  });
  const address = readAddress(answer.stdout);
  if (address === undefined) throw unknown(name, whyNot(answer));
  return { endpoint: { host: address, port: name.port }, warning: null };
}

/** `container` holds nothing that means anything to a shell (see destination.ts). With `--network host` it has no address, and is the server's own. */
function inspect(container: string): string {
  const format = [
    "{{range .NetworkSettings.Networks}}{{if .IPAddress}}",
    `${marker}{{.IPAddress}}{{println}}`,
    "{{else if .GlobalIPv6Address}}",
    `${marker}{{.GlobalIPv6Address}}{{println}}`,
    "{{end}}{{end}}",
    `{{if eq .HostConfig.NetworkMode "host"}}${marker}127.0.0.1{{println}}{{end}}`,
  ].join("");
  return [
    "for tool in docker podman; do",
    '  command -v "$tool" >/dev/null 2>&1 || continue',
    "  has=1",
    `  "$tool" inspect --type container --format '${format}' '${container}' && exit 0`,
    "done",
    '[ -n "$has" ] || echo "there is neither docker nor podman" >&2',
    "exit 1",
    "",
  ].join("\n");
}

/** The first address in what `inspect` printed. */
export function readAddress(stdout: string): string | undefined {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith(marker))
    .map((line) => line.slice(marker.length).trim())
    .find((address) => isAddress(address));
}

function isAddress(text: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) || (/^[0-9A-Fa-f:.]+$/.test(text) && text.includes(":"));
}

function whyNot({ exitCode, stderr }: ExecResult): string {
  if (exitCode === 0) return "it has no address, as one that does not run; or this key may only run another command";
  return foreign(stderr) || "the command ended without a word";
}

function unknown(name: ContainerPort, why: string, cause?: unknown): Failure {
  return new Failure("container-unknown", `the server cannot say where ${formatDestination(name)} is: ${why}`, { cause });
}
