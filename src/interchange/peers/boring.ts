import type { ForwardEntry, TunnelEntry } from "../../config/schema.js";
import { formatTarget } from "../../config/target.js";
import { type FoundTunnel, type LeftOut, lost, type Reading } from "../reading.js";
import type { Variables } from "../ssh/shell-words.js";
import { expandBoringAddress } from "./boring-ports.js";
import { Fields } from "./fields.js";

/** Tunnels of alebeck/boring: `~/.boring.toml`. Its texts may name environment variables. */
export async function readBoring(text: string, variables: Variables): Promise<Reading> {
  const { parse } = await import("smol-toml");
  let file: Fields;
  try {
    file = new Fields(parse(text));
  } catch (error) {
    return {
      tunnels: [],
      leftOut: [lost("the file", `it is not right as TOML: ${String(error instanceof Error ? error.message : error).split("\n")[0]}`)],
    };
  }
  const keepAliveS = file.number("keep_alive");
  const tunnels: FoundTunnel[] = [];
  const leftOut: LeftOut[] = [];
  for (const [index, record] of file.list("tunnels").entries()) {
    const fields = new Fields(record);
    const found = readTunnel(fields, `tunnels[${index}]`, keepAliveS, variables);
    if (typeof found === "string") leftOut.push(lost(`tunnels[${index}]`, found));
    else tunnels.push(found);
  }
  file.dropRest();
  return { tunnels, leftOut: [...leftOut, ...file.leftOut] };
}

function readTunnel(fields: Fields, source: string, usualS: number | undefined, variables: Variables): FoundTunnel | string {
  const text = (name: string) => expand(fields.text(name), variables);
  const host = text("host");
  if (host === undefined) return "it has no host";
  const name = text("name") ?? host;
  const port = text("port");
  const target = { user: text("user") ?? null, host, port: port === undefined ? null : Number(port) };
  const identity = text("identity") ?? text("identity_file");
  const keepAliveS = fields.number("keep_alive") ?? usualS;
  const forwards = [
    readForwards(fields, variables),
    ...fields.list("forwards").map((record) => readForwards(new Fields(record), variables)),
  ];
  fields.drop("group", "our config has no groups");
  fields.dropRest();
  const leftOut = [...fields.leftOut];
  if (keepAliveS === 0) leftOut.push(lost("keep_alive: 0", "a silent server is always noticed; ask it seldom with keepaliveIntervalMs"));
  const entries = forwards.flatMap((found) => {
    if (typeof found !== "string") return found;
    leftOut.push(lost("local, remote", found));
    return [];
  });
  const entry: TunnelEntry = {
    target: formatTarget(target),
    ...(identity !== undefined && { identities: [identity] }),
    ...(keepAliveS !== undefined && keepAliveS > 0 && { keepaliveIntervalMs: keepAliveS * 1000 }),
    ...(entries.length > 0 && { forwards: entries }),
  };
  return { name, source, entry, leftOut };
}

/** The ports of both sides are paired by their place. */
function readForwards(fields: Fields, variables: Variables): ForwardEntry[] | string {
  const mode = fields.text("mode")?.toLowerCase() ?? "local";
  const [local, remote] = (["local", "remote"] as const).map((side) => expand(fields.text(side), variables));
  if (mode === "socks-remote") return "a SOCKS proxy on the server (socks-remote) has no equivalent";
  if (local === undefined) return remote === undefined ? [] : "local is missing";
  const locals = expandBoringAddress(local);
  if (typeof locals === "string") return locals;
  if (mode === "socks") return locals.map((bind) => ({ dynamic: loopback(bind) }));
  if (remote === undefined) return "remote is missing";
  const remotes = expandBoringAddress(remote);
  if (typeof remotes === "string") return remotes;
  if (locals.length !== remotes.length) return `local has ${locals.length} ports and remote ${remotes.length}`;
  const pairs = locals.map((near, index) => [near, remotes[index] ?? ""] as const);
  if (["local", "l", "-l"].includes(mode)) return pairs.map(([near, far]) => ({ local: loopback(near), to: far }));
  if (["remote", "r", "-r"].includes(mode)) return pairs.map(([near, far]) => ({ remote: far, to: near }));
  return `the mode "${mode}" is not known`;
}

function loopback(bind: string): string {
  return bind.replace(/^localhost:/, "127.0.0.1:");
}

/** `$NAME`, `${NAME}` and `${NAME:-otherwise}`; what is not set is empty. */
function expand(text: string | undefined, variables: Variables): string | undefined {
  const expanded = text?.replace(/\$(?:\{([^}]*)\}|(\w+))/g, (_, braced: string | undefined, bare: string | undefined) => {
    const [name = "", otherwise = ""] = (braced ?? bare ?? "").split(/:-(.*)/s);
    return (Object.hasOwn(variables, name) ? variables[name] : undefined) || otherwise;
  });
  return expanded === "" ? undefined : expanded;
}
