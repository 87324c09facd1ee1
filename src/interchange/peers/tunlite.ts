import { formatAddress } from "../../base/address.js";
import { isObject } from "../../base/is-object.js";
import type { ForwardEntry, TunnelEntry } from "../../config/schema.js";
import { type FoundTunnel, type LeftOut, lost, needless, type Reading, shorten } from "../reading.js";
import { readSshCommand } from "../ssh/read-ssh-command.js";
import { Fields } from "./fields.js";

/** tunlite's own (0.10), written into each of its files. */
const usualKeepalive = { intervalSec: 15, countMax: 3 };
const usualConnectTimeoutS = 10;

/** Tunnels of tunlite: `config.json`. */
export function readTunlite(text: string, home: string): Reading {
  let file: Fields;
  try {
    file = new Fields(JSON.parse(text.replace(/^\uFEFF/, "")));
  } catch (error) {
    return {
      tunnels: [],
      leftOut: [lost("the file", `it is not right as JSON: ${shorten(String(error instanceof Error ? error.message : error))}`)],
    };
  }
  const settings = new Fields(file.take("settings"));
  const timing = readTiming(settings);
  const tunnels: FoundTunnel[] = [];
  const leftOut: LeftOut[] = [];
  for (const [index, record] of file.list("tunnels").entries()) {
    const found = readTunnel(new Fields(record), `tunnels[${index}]`, timing, home);
    if (typeof found === "string") leftOut.push(lost(`tunnels[${index}]`, found));
    else tunnels.push(found);
  }
  file.take("version");
  settings.drop("alerts", "clawtunnel calls no webhooks", isWithoutWebhook);
  for (const name of ["backoff", "logLevel"])
    if (settings.take(name) !== undefined) settings.leftOut.push(needless(name, "clawtunnel has its own"));
  settings.dropRest();
  file.dropRest();
  return { tunnels, leftOut: [...leftOut, ...settings.leftOut, ...file.leftOut] };
}

/** What is as tunlite writes it of itself is no wish of anybody's. */
function readTiming(settings: Fields): Partial<TunnelEntry> {
  const keepalive = new Fields(settings.take("keepalive"));
  const wished = (fields: Fields, name: string, usual: number) => {
    const value = fields.number(name);
    if (value === usual) settings.leftOut.push(needless(`${name}: ${value}`, "it is tunlite's own; clawtunnel has its own"));
    return value === usual ? undefined : value;
  };
  const intervalS = wished(keepalive, "intervalSec", usualKeepalive.intervalSec);
  const countMax = wished(keepalive, "countMax", usualKeepalive.countMax);
  const timeoutS = wished(settings, "connectTimeoutSec", usualConnectTimeoutS);
  return {
    ...(timeoutS !== undefined && { connectTimeoutMs: timeoutS * 1000 }),
    ...(intervalS !== undefined && { keepaliveIntervalMs: intervalS * 1000 }),
    ...(countMax !== undefined && { keepaliveCountMax: countMax }),
  };
}

function isWithoutWebhook(alerts: unknown): boolean {
  const webhook = isObject(alerts) ? alerts.webhook : undefined;
  return !isObject(webhook) || webhook.url === null || webhook.url === undefined;
}

function readTunnel(fields: Fields, source: string, timing: Partial<TunnelEntry>, home: string): FoundTunnel | string {
  const host = fields.text("host");
  if (host === undefined) return "it has no host";
  // What ssh is called with: the words that tunlite passes on may hold anything.
  const words = fields.list("sshOptions").map(String);
  const port = fields.number("port") ?? 22;
  const read = readSshCommand("ssh", [...(port === 22 ? [] : ["-p", String(port)]), ...words, "--", host], home);
  if (typeof read === "string") return read;
  const jump = fields.list("jump").map(String);
  const identity = fields.text("identityFile");
  const forwards = fields.list("forwards").flatMap((record) => readForward(new Fields(record), fields.leftOut));
  const name = fields.text("name") ?? host;
  fields.drop("tags", "our config has no tags");
  fields.drop("enabled", "it is opened; take it down with `clawtunnel down`", (value) => value === true);
  fields.drop("autoSetupKey", "no key is brought to the server", (value) => value === true);
  fields.dropRest();
  const all = [...forwards, ...(read.entry.forwards ?? [])];
  const entry: TunnelEntry = {
    ...timing,
    ...read.entry,
    ...(jump.length > 0 && { jump }),
    ...(identity !== undefined && { identities: [identity], sshOptions: ["IdentitiesOnly=yes", ...(read.entry.sshOptions ?? [])] }),
    ...(all.length > 0 && { forwards: all }),
  };
  return { name, source, entry, leftOut: [...read.leftOut, ...fields.leftOut] };
}

function readForward(fields: Fields, leftOut: LeftOut[]): ForwardEntry[] {
  const kind = fields.text("type");
  const bind = formatAddress({ host: bindHost(fields.text("bind")), port: fields.number("srcPort") ?? 0 });
  const to = formatAddress({ host: fields.text("destHost") ?? "localhost", port: fields.number("destPort") ?? 0 });
  leftOut.push(...fields.leftOut);
  if (kind === "dynamic") return [{ dynamic: bind }];
  if (kind === "local") return [{ local: bind, to }];
  if (kind === "remote") return [{ remote: bind, to }];
  leftOut.push(lost(`a forward of the type ${shorten(String(kind))}`, "it is not known here"));
  return [];
}

function bindHost(host = "127.0.0.1"): string {
  return host === "localhost" ? "127.0.0.1" : host;
}
