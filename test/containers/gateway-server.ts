import { writeFileSync } from "node:fs";
import { GenericContainer, getContainerRuntimeClient, Network, type StartedTestContainer, Wait } from "testcontainers";
import { onTestFinished } from "vitest";
import { generateEd25519Key } from "../../src/ssh/keys/generate-key.js";
import { freePort } from "../support/sshd.js";
import { makeName } from "./leftovers.js";

/** A machine of its own: docker/sshd-gateway in a container, alone on a network, with a key that may log in. */
export interface GatewayServer {
  /** Where this machine's port 22 is published: the same port for as long as the container lives. */
  readonly publishedTarget: string;
  /** The container's own address, with nothing between. Only a Linux host has a way there. */
  readonly directTarget: string;
  readonly clientKeyPath: string;
  /** Holds the first host key, for both targets. */
  readonly knownHostsPath: string;
  /** Lets every process stand still. The kernel goes on accepting connections for them. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
  kill(): Promise<void>;
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Cuts the cable: what is sent to its address from now on is lost. */
  unplug(): Promise<void>;
  plugIn(): Promise<void>;
  /** Restarts with another host key. known_hosts keeps the old one. */
  replaceHostKey(): Promise<void>;
  /** Restarts with the host key that replaceHostKey() put aside. */
  restoreHostKey(): Promise<void>;
  /** How many log-ins succeeded after each of its starts. */
  loginsByStart(): Promise<number[]>;
  /** What another machine on the same network meets: the first line that is said there, or why there is none. */
  knockFromNeighbour(port: number): Promise<string>;
}

const hostKeyPath = "/etc/ssh/playground_host_key";
const alias = "gateway";
const listens = /Server listening on 0\.0\.0\.0/;

/** Made for one test, and removed after it. `image` is built from docker/sshd-gateway, `dir` is for the keys. */
export async function makeGatewayServer(image: string, dir: string): Promise<GatewayServer> {
  const { dockerode } = (await getContainerRuntimeClient()).container;
  const [port, key] = [await freePort(), generateEd25519Key()];
  const network = await new Network({ nextUuid: makeName }).start();
  onTestFinished(async () => void (await network.stop()));

  const launch = async (describe: (container: GenericContainer) => GenericContainer): Promise<StartedTestContainer> => {
    const started = await describe(new GenericContainer(image).withName(makeName()).withNetwork(network)).start();
    // Removed by force: a test may end while it is paused or unplugged.
    onTestFinished(() => dockerode.getContainer(started.getId()).remove({ force: true, v: true }));
    return started;
  };

  const server = await launch((container) =>
    container
      .withEnvironment({ AUTHORIZED_KEY: key.public })
      .withNetworkAliases(alias)
      // Docker gives a port that it chose itself away with every restart.
      .withExposedPorts({ container: 22, host: port })
      .withWaitStrategy(Wait.forLogMessage(listens)),
  );
  const container = dockerode.getContainer(server.getId());
  const address = server.getIpAddress(network.getName());
  const host = server.getHost();

  const clientKeyPath = `${dir}/gateway_key`;
  const knownHostsPath = `${dir}/gateway_known_hosts`;
  const hostKey = (await exec(server, "cat", `${hostKeyPath}.pub`)).split(" ", 2).join(" ");
  writeFileSync(clientKeyPath, key.private, { mode: 0o600 });
  writeFileSync(knownHostsPath, `[${host}]:${port},${address} ${hostKey}\n`);

  const restart = () => server.restart({ timeout: 1_000 });

  return {
    publishedTarget: `claw@${host}:${port}`,
    directTarget: `claw@${address}`,
    clientKeyPath,
    knownHostsPath,
    pause: () => container.pause(),
    unpause: () => container.unpause(),
    kill: () => container.kill(),
    start: () => container.start(),
    restart,
    unplug: () => dockerode.getNetwork(network.getId()).disconnect({ Container: server.getId(), Force: true }),
    plugIn: async () => {
      await dockerode.getNetwork(network.getId()).connect({ Container: server.getId(), EndpointConfig: { Aliases: [alias] } });
      const now = (await container.inspect()).NetworkSettings.Networks[network.getName()]?.IPAddress;
      if (now !== address) throw new Error(`it came back as ${now}, not as ${address}`);
    },
    replaceHostKey: async () => {
      const newKey = `ssh-keygen -q -t ed25519 -N '' -f ${hostKeyPath}`;
      await exec(server, "sh", "-ec", `mkdir /root/old; mv ${hostKeyPath}* /root/old; ${newKey}`);
      await restart();
    },
    restoreHostKey: async () => {
      await exec(server, "sh", "-ec", "mv /root/old/* /etc/ssh");
      await restart();
    },
    loginsByStart: async () => {
      const log = (await container.logs({ follow: false, stdout: true, stderr: true })).toString("utf8");
      return log
        .split(listens)
        .slice(1)
        .map((part) => part.split("Accepted publickey").length - 1);
    },
    knockFromNeighbour: async (toPort) => {
      const neighbour = await launch((plain) => plain.withEntrypoint(["sleep", "infinity"]));
      const knock = `$s = IO::Socket::INET->new(PeerAddr => "${alias}:${toPort}", Timeout => 10) or print("$!") and exit; print scalar <$s>`;
      return (await exec(neighbour, "perl", "-MIO::Socket::INET", "-e", knock)).trim();
    },
  };
}

async function exec(container: StartedTestContainer, ...command: string[]): Promise<string> {
  const { exitCode, output } = await container.exec(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${exitCode}: ${output}`);
  return output;
}
