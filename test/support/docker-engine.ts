import { get, type RequestOptions } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";

const answerTimeoutMs = 2_000;

/** Whether a Docker engine answers where DOCKER_HOST says, or else where engines usually are. */
export async function isDockerEngineThere(): Promise<boolean> {
  const answers = await Promise.all(doors(process.env).map(pings));
  return answers.includes(true);
}

function doors({ DOCKER_HOST, XDG_RUNTIME_DIR }: NodeJS.ProcessEnv): RequestOptions[] {
  if (DOCKER_HOST !== undefined && DOCKER_HOST !== "") {
    const { protocol, pathname, hostname, port } = new URL(DOCKER_HOST);
    return [protocol === "unix:" || protocol === "npipe:" ? { socketPath: pathname } : { host: hostname, port }];
  }
  const rootless = [
    ...(XDG_RUNTIME_DIR === undefined ? [] : [join(XDG_RUNTIME_DIR, "docker.sock")]),
    join(homedir(), ".docker/run/docker.sock"),
  ];
  const sockets = process.platform === "win32" ? ["//./pipe/docker_engine"] : ["/var/run/docker.sock", ...rootless];
  return sockets.map((socketPath) => ({ socketPath }));
}

function pings(door: RequestOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get({ ...door, path: "/_ping", timeout: answerTimeoutMs }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.once("error", () => resolve(false));
    asked.once("timeout", () => asked.destroy());
  });
}
