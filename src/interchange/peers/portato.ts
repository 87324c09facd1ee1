import type { ForwardEntry, TunnelEntry } from "../../config/schema.js";
import { type FoundTunnel, type LeftOut, lost, type Reading, shorten } from "../reading.js";
import { Fields } from "./fields.js";

/** Tunnels of portato: `config.yaml`, where they are called tubers since 1.0 and tunnels before. */
export async function readPortato(text: string): Promise<Reading> {
  const { parse } = await import("yaml");
  let file: Fields;
  try {
    // A list that holds itself is cut off by the library's bound on aliases, and no field of ours is looked at further down.
    file = new Fields(parse(text, { maxAliasCount: 100, logLevel: "silent" }));
  } catch (error) {
    return {
      tunnels: [],
      leftOut: [lost("the file", `it is not right as YAML: ${String(error instanceof Error ? error.message : error).split("\n")[0]}`)],
    };
  }
  const defaults = new Fields(file.take("defaults"));
  const usual = readLogin(defaults);
  const tunnels: FoundTunnel[] = [];
  const leftOut: LeftOut[] = [];
  for (const key of ["tubers", "tunnels"]) {
    for (const [index, record] of file.list(key).entries()) {
      const found = readTuber(new Fields(record), `${key}[${index}]`, usual);
      if (typeof found === "string") leftOut.push(lost(`${key}[${index}]`, found));
      else tunnels.push(found);
    }
  }
  defaults.drop("log", "the daemon rotates its own log");
  defaults.dropRest();
  file.dropRest();
  return { tunnels, leftOut: [...leftOut, ...defaults.leftOut, ...file.leftOut] };
}

/** What may stand in the defaults and in one tuber. */
function readLogin(fields: Fields): Partial<TunnelEntry> {
  const [identity, knownHosts] = [fields.text("identity"), fields.text("known_hosts")];
  const acceptsNew = fields.take("accept_new_hosts") === true;
  for (const name of ["socks5_user", "socks5_password"]) {
    // A password is not shown either.
    if (fields.text(name) !== undefined)
      fields.leftOut.push(lost(name, "a SOCKS proxy of clawtunnel asks for no password; it listens on loopback"));
  }
  for (const name of ["identity_passphrase_store", "ssh_password_store"])
    fields.drop(name, '"keyring": true in the tunnel keeps answers in the system\'s keyring', (value) => value === false);
  fields.drop("password_auth", "-o PasswordAuthentication=no in sshOptions switches it off", (value) => value === true);
  return {
    ...(identity !== undefined && { identities: [identity] }),
    ...(knownHosts !== undefined && knownHosts !== "~/.ssh/known_hosts" && { knownHosts: [knownHosts] }),
    ...(acceptsNew && { sshOptions: ["StrictHostKeyChecking=accept-new"] }),
  };
}

function readTuber(fields: Fields, source: string, usual: Partial<TunnelEntry>): FoundTunnel | string {
  const target = fields.text("ssh")?.trim();
  if (target === undefined) return "it has no ssh";
  const name = fields.text("name") ?? target;
  const login = readLogin(fields);
  const jump = (fields.text("jump") ?? "").split(",").map((hop) => hop.trim());
  const forward = readForward(fields);
  fields.drop("tags", "our config has no tags");
  const isEnabled = fields.take("enabled");
  fields.dropRest();
  const leftOut = [...fields.leftOut];
  if (isEnabled !== true) leftOut.push(lost("enabled: false", "it is opened all the same; take it down with `clawtunnel down`"));
  if (typeof forward === "string") leftOut.push(lost("local, remote", forward));
  const entry: TunnelEntry = {
    target: target.replace(/:22$/, ""),
    ...(jump[0] !== "" && { jump }),
    ...usual,
    ...login,
    ...(typeof forward !== "string" && { forwards: [forward] }),
  };
  return { name, source, entry, leftOut };
}

function readForward(fields: Fields): ForwardEntry | string {
  const kind = shorten(fields.text("type") ?? "local");
  const [local, remote] = [fields.text("local"), fields.text("remote")];
  if (local === undefined) return "local is missing";
  if (kind === "dynamic") return { dynamic: withHost(local, "127.0.0.1") };
  if (remote === undefined) return "remote is missing";
  if (kind === "local") return { local: withHost(local, "127.0.0.1"), to: remote };
  // A port alone is every address of the server, other than with ssh.
  if (kind === "remote") return { remote: withHost(remote, "*"), to: withHost(local, "127.0.0.1") };
  return `the type "${kind}" is not known`;
}

function withHost(text: string, host: string): string {
  const address = text.trim();
  if (/^\d+$/.test(address)) return `${host}:${address}`;
  return address.startsWith(":") ? `${host}${address}` : address;
}
