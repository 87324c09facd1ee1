import { type Address, parsePort } from "../../base/address.js";
import { splitForward } from "../../config/forward-spec.js";
import { defaultSshPort, type Server } from "../../config/target.js";
import { sshProgram } from "../../ssh/command-line.js";
import { type ForwardCommand, readForwardCommand } from "./ssh-argv.js";

/** A local forward between two TCP addresses: only of such can an old ssh be told to be the very same. */
export interface TcpForward {
  readonly bind: Address;
  readonly to: Address;
}

/** The forward whose port is busy, and the tunnel that it is of. */
export interface WantedForward {
  readonly target: Server;
  /** What ssh_config may call that server. */
  readonly alias?: string;
  readonly forward: TcpForward;
  /** What else the tunnel forwards: an old ssh of the same may hold it as well. */
  readonly others: readonly TcpForward[];
}

/**
 * The command of an ssh or autossh whose command line says that it does what `wanted` is to do, and nothing else: the same server,
 * the same forward, no shell, no command, and no forward that the tunnel has not. Only such a process can be ended and not be
 * missed. In doubt undefined. What the user's ssh_config adds to it only ssh can tell: see `meansVeryForward`.
 */
export function readVeryForward(argv: readonly string[], wanted: WantedForward): ForwardCommand | undefined {
  const program = sshProgram(argv[0]);
  const command = program && readForwardCommand(program, argv.slice(1));
  if (command === undefined || !command.isUnattended || !isSameServer(command, wanted)) return undefined;
  return areForwardsOf(wanted, command.forwards, command.isGateway) ? command : undefined;
}

/** Whether these, each as `[bind:]port:host:hostport`, are the wanted forward and perhaps others of its tunnel. */
export function areForwardsOf({ forward, others }: WantedForward, texts: readonly string[], isGateway: boolean): boolean {
  const has = (text: string, { bind, to }: TcpForward) => {
    const written = readWritten(text);
    return written !== undefined && isSameBind(written.bindHost, isGateway, bind) && isSamePorts(written, bind, to);
  };
  const known = [forward, ...others];
  return texts.some((text) => has(text, forward)) && texts.every((text) => known.some((own) => has(text, own)));
}

/** Where nothing is written ssh takes port 22, or what ssh_config says of an alias; and a user that it may name, which contradicts nothing. */
function isSameServer({ hosts, users, ports }: ForwardCommand, { target, alias }: WantedForward): boolean {
  const isAlias = alias !== undefined && hosts.every((host) => host === alias);
  const writtenPorts = ports.length > 0 || isAlias ? ports : [defaultSshPort];
  return (
    (isAlias || hosts.every((host) => canonicalHost(host) === canonicalHost(target.host))) &&
    users.every((user) => user === target.user) &&
    writtenPorts.every((port) => port === target.port)
  );
}

interface WrittenForward {
  readonly bindHost: string | undefined;
  readonly bindPort: number;
  readonly toHost: string;
  readonly toPort: number;
}

/** `[bind:]port:host:hostport` with IPv6 in brackets; unix sockets and the old form with slashes are none of ours. */
function readWritten(text: string): WrittenForward | undefined {
  const parts = splitForward(text);
  if (text.includes("/") || parts.length < 3 || parts.length > 4) return undefined;
  const [bindHost, bindPort = "", toHost = "", toPort = ""] = parts.length === 4 ? parts : [undefined, ...parts];
  return { bindHost, bindPort: parsePort(bindPort), toHost, toPort: parsePort(toPort) };
}

function isSamePorts({ bindPort, toHost, toPort }: WrittenForward, bind: Address, to: Address): boolean {
  return bindPort === bind.port && toPort === to.port && canonicalHost(toHost) === canonicalHost(to.host);
}

/** Without a word ssh listens on both loopback addresses. What others can reach, and ours would not let in, is not the same. */
function isSameBind(written: string | undefined, isGateway: boolean, { host }: Address): boolean {
  const isEvery = written === undefined ? isGateway : ["", "*", "0.0.0.0", "::"].includes(bare(written));
  if (isEvery) return host === "0.0.0.0" || host === "::";
  const loopback = ["127.0.0.1", "::1"];
  const meant = canonicalHost(written ?? "localhost");
  return meant === host || (loopback.includes(meant) && loopback.includes(host));
}

/** localhost is 127.0.0.1 here, as it is where ssh's own documentation writes it. */
export function canonicalHost(host: string): string {
  const name = bare(host).toLowerCase();
  return name === "localhost" ? "127.0.0.1" : name;
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}
