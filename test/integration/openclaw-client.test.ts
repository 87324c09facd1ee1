import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TunnelEntry } from "../../src/config/schema.js";
import { loadConfig, saveTunnel } from "../../src/config/store.js";
import { ClientFollower, type FollowedTunnels, followClients } from "../../src/daemon/openclaw/follow-client.js";
import { clientEdits } from "../../src/openclaw/client/client-edits.js";
import { editClientFile, readClientFile } from "../../src/openclaw/client/client-file.js";
import type { TunnelStatus } from "../../src/tunnel/status.js";
import { Cleanups } from "../support/cleanups.js";
import { quietLog } from "../support/quiet.js";
import { until } from "../support/until.js";
import { forwardStatus, tunnelStatus } from "../unit/fixtures/tunnel-status.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

const url = "ws://127.0.0.1:18789";
let folder: string;
let file: string;
beforeEach(() => {
  folder = cleanups.folder();
  file = join(folder, "openclaw.json");
});

function point(path = file): string | null {
  const found = readClientFile(path);
  return editClientFile(found, clientEdits(found.config, { url, remotePort: 18_789 }, true));
}
const unusable = (why: string) => expect.objectContaining({ code: "client-config-unusable", message: expect.stringContaining(why) });
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("the file of the openclaw on this machine", () => {
  it("is made for its owner alone where there is none", () => {
    const deep = join(folder, "home", ".openclaw", "openclaw.json");
    expect(point(deep)).toBeNull();
    expect(JSON.parse(readFileSync(deep, "utf8"))).toEqual({ gateway: { mode: "remote", remote: { url, remotePort: 18_789 } } });
    if (process.platform !== "win32") expect([modeOf(deep), modeOf(join(folder, "home", ".openclaw"))]).toEqual([0o600, 0o700]);
  });

  it("keeps every byte that is not its gateway's address, its mode, and its first original beside it", () => {
    const original = "// mine\n{\n  gateway: {\n    mode: 'remote', // yes\n    remote: { url: 'ws://old:1', token: 't', },\n  },\n}\n";
    writeFileSync(file, original);
    chmodSync(file, 0o640);
    const backup = point();
    const edited = readFileSync(file, "utf8");
    expect(edited).toContain("// mine\n{\n  gateway: {\n    mode: 'remote', // yes\n");
    expect(edited).toContain("token: 't',");
    expect(readClientFile(file).config).toEqual({ gateway: { mode: "remote", remote: { url, token: "t", remotePort: 18_789 } } });
    if (process.platform !== "win32") expect(modeOf(file)).toBe(0o640);

    writeFileSync(file, "{}");
    expect(point()).toBe(backup);
    expect(readFileSync(`${file}.clawtunnel-backup`, "utf8")).toBe(original);
  });

  it.skipIf(process.platform === "win32")("stays a link to where it is kept", () => {
    mkdirSync(join(folder, "dotfiles"));
    const kept = join(folder, "dotfiles", "oc.json");
    writeFileSync(kept, "{}");
    symlinkSync(kept, file);
    point();
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(kept, "utf8")).toContain(url);
    expect(existsSync(`${kept}.clawtunnel-backup`)).toBe(true);
  });

  it.each([
    ["the gateway", '{ gateway: { $include: "./gw.json5" } }', "gw.json5"],
    ["where it is", '{ gateway: { remote: { $include: "./remote.json5" } } }', "remote.json5"],
    ["all of it, with a file that includes the gateway", '{ $include: ["./other.json5", "./base.json5"] }', "gw.json5"],
  ])("is not touched when another file says %s", (_what, text, from) => {
    writeFileSync(join(folder, "other.json5"), "{ agents: {} }");
    writeFileSync(join(folder, "base.json5"), '{ $include: "./gw.json5" }');
    writeFileSync(join(folder, "gw.json5"), "{ gateway: {} }");
    writeFileSync(file, text);
    expect(() => point()).toThrow(unusable(from));
    expect(readFileSync(file, "utf8")).toBe(text);
    expect(existsSync(`${file}.clawtunnel-backup`)).toBe(false);
  });

  it("may include files that say nothing of the gateway", () => {
    writeFileSync(join(folder, "other.json5"), "{ agents: {} }");
    writeFileSync(file, '{ $include: "./other.json5" }');
    point();
    expect(readClientFile(file).config).toMatchObject({ $include: "./other.json5", gateway: { mode: "remote" } });
  });

  it("is not touched when it cannot be understood", () => {
    writeFileSync(file, "{ gateway: ");
    expect(() => point()).toThrow(unusable(file));
    expect(readFileSync(file, "utf8")).toBe("{ gateway: ");
  });

  it.skipIf(process.platform === "win32")(
    "is not waited for when it is a pipe, nor read when it is a folder, a device or far too long",
    () => {
      execFileSync("mkfifo", [file]);
      expect(() => point()).toThrow(unusable("no regular file"));
      expect(() => point(folder)).toThrow(unusable("no regular file"));
      expect(() => point("/dev/zero")).toThrow(unusable("no regular file"));
      const long = join(folder, "long.json");
      writeFileSync(long, "");
      truncateSync(long, 2 ** 32);
      expect(() => point(long)).toThrow(unusable("no configuration"));
    },
  );

  it("is not touched when it says something else of the gateway than an object", () => {
    writeFileSync(file, '{ gateway: "here" }');
    expect(() => point()).toThrow(unusable("gateway"));
    expect(readFileSync(file, "utf8")).toBe('{ gateway: "here" }');
  });
});

/** One saved tunnel to a gateway, whose port can be moved. */
class OneTunnel implements FollowedTunnels {
  readonly paths = { configFile: join(folder, "config.json"), clientsFile: join(folder, "clients.json") };
  entry: TunnelEntry = { target: "me@vps", preset: "openclaw" };
  isSaved = true;
  #port = 18_789;
  #listeners: ((tunnel: TunnelStatus) => void)[] = [];

  tunnel() {
    return { entry: this.entry, isSaved: this.isSaved, report: () => this.report() };
  }

  report(): TunnelStatus {
    const bind = `127.0.0.1:${this.#port}`;
    return tunnelStatus({ name: "openclaw", forwards: [forwardStatus({ bind, to: "127.0.0.1:18789", service: "openclaw" })] });
  }

  reload(): void {
    this.entry = loadConfig(this.paths.configFile).file.tunnels?.openclaw ?? this.entry;
  }

  onChange(listener: (tunnel: TunnelStatus) => void): void {
    this.#listeners.push(listener);
  }

  move(port: number): void {
    this.#port = port;
    for (const listener of this.#listeners) listener(this.report());
  }
}

describe("the openclaw on this machine", () => {
  let tunnels: OneTunnel;
  let clients: ClientFollower;
  const told = () => (readClientFile(file).config as { gateway?: { remote?: { url?: string } } }).gateway?.remote?.url;
  const write = (address: string) => writeFileSync(file, JSON.stringify({ gateway: { mode: "remote", remote: { url: address } } }));
  beforeEach(async () => {
    tunnels = new OneTunnel();
    await saveTunnel(tunnels.paths.configFile, "openclaw", tunnels.entry);
    clients = followClients(tunnels, tunnels.paths, quietLog);
  });

  it("is pointed at a tunnel that it is to use, which is remembered with the tunnel, and the second time nothing is written", async () => {
    writeFileSync(file, "{}");
    expect(await clients.configure("openclaw", { file })).toEqual({
      file,
      url,
      isChanged: true,
      backup: `${file}.clawtunnel-backup`,
    });
    expect(told()).toBe(url);
    expect(tunnels.entry).toEqual({ target: "me@vps", preset: "openclaw", configureClient: file });
    expect(await clients.configure("openclaw", { file })).toEqual({ file, url, isChanged: false, backup: null });
  });

  it("follows the tunnel to another port and back, also with a new daemon in between", async () => {
    await clients.configure("openclaw", { file });
    tunnels.move(18_790);
    await until(() => told() === "ws://127.0.0.1:18790");
    followClients(tunnels, tunnels.paths, quietLog);
    tunnels.move(18_789);
    await until(() => told() === url);
  });

  it("is left at an address that somebody else has written", async () => {
    await clients.configure("openclaw", { file });
    write("ws://elsewhere:1");
    const left = new Promise<void>((resolve) => {
      const log = { ...quietLog, info: (fields: object) => "event" in fields && fields.event === "client.left" && resolve() };
      followClients(tunnels, tunnels.paths, log as typeof quietLog);
    });
    tunnels.move(18_790);
    await left;
    expect(told()).toBe("ws://elsewhere:1");
  });

  it("is pointed at the tunnel when the config says so, and it knows no gateway yet", async () => {
    tunnels.entry = { ...tunnels.entry, configureClient: file };
    tunnels.move(18_789);
    await until(() => told() === url);
  });

  it("does not use a tunnel that leads to no gateway, or will not last", async () => {
    tunnels.isSaved = false;
    await expect(clients.configure("openclaw", { file })).rejects.toThrow(unusable("not saved"));
    const other = {
      ...tunnels,
      tunnel: () => ({ ...tunnels.tunnel(), report: () => tunnelStatus() }),
      reload: () => {},
      onChange: () => {},
    };
    const without = new ClientFollower(other, tunnels.paths, quietLog);
    await expect(without.configure("db", { file })).rejects.toThrow(unusable("no OpenClaw gateway"));
    expect(existsSync(file)).toBe(false);
  });
});
