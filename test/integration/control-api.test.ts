import { once } from "node:events";
import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DaemonClient } from "../../src/api/client.js";
import type { TunnelChange } from "../../src/api/contract.js";
import { listenOnEndpoint } from "../../src/api/endpoint.js";
import type { HistoryRecord } from "../../src/api/history.js";
import { createApiServer } from "../../src/api/server.js";
import { type Paths, resolvePaths } from "../../src/config/paths.js";
import type { Supervisor } from "../../src/daemon/supervisor.js";
import { generateEd25519Key } from "../../src/ssh/keys/generate-key.js";
import { Cleanups } from "../support/cleanups.js";
import { startDaemonInProcess } from "../support/daemon-in-process.js";
import { sshEngine } from "../support/engines.js";
import { freePort } from "../support/sshd.js";
import { noKeyring } from "../unit/fixtures/fake-keyring.js";

const isWindows = process.platform === "win32";

const cleanups = new Cleanups();
let paths: Paths;
let endpoint: string;
let client: DaemonClient;
let supervisor: Supervisor;
let subscriptions: number;
let logged: string[];

beforeEach(async () => {
  const home = cleanups.folder();
  paths = resolvePaths({ platform: process.platform, env: { CLAWTUNNEL_HOME: home }, home, user: "me" });
  endpoint = paths.controlEndpoint;
  client = new DaemonClient(endpoint);
  logged = [];
  const note = (fields: object, sentence: string) => void logged.push(`${JSON.stringify(fields)} ${sentence}`);
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: note };
  const daemon = await startDaemonInProcess(paths, { engine: sshEngine, keyring: noKeyring, log });
  supervisor = daemon.supervisor;
  countSubscriptions(supervisor);
  cleanups.add(daemon.close);
});
afterEach(cleanups.run);

describe("the control socket", () => {
  it.skipIf(isWindows)("is its owner's alone, in a folder that is its owner's alone", () => {
    const modeOf = (path: string) => statSync(path).mode & 0o777;
    expect(statSync(endpoint).isSocket()).toBe(true);
    expect(modeOf(endpoint)).toBe(0o600);
    expect(modeOf(join(endpoint, ".."))).toBe(0o700);
  });

  it.skipIf(isWindows)("narrows a folder that was open to others", async () => {
    const folder = join(cleanups.folder(), "run");
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    await listen(join(folder, "control.sock"));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it.skipIf(isWindows)("takes the place of one that a crash left behind", async () => {
    const path = join(cleanups.folder(), "control.sock");
    writeFileSync(path, "");
    await listen(path);
    expect(statSync(path).isSocket()).toBe(true);
  });

  it.skipIf(isWindows)("with a path that the system would cut is refused before anything listens", async () => {
    const path = join(cleanups.folder(), "x".repeat(120), "control.sock");
    await expect(listen(path)).rejects.toMatchObject({ code: "socket-path-too-long", message: expect.stringContaining(path) });
  });

  it.skipIf(isWindows)("in a folder that cannot be made is folder-unusable", async () => {
    const file = join(cleanups.folder(), "file");
    writeFileSync(file, "");
    await expect(listen(join(file, "control.sock"))).rejects.toMatchObject({ code: "folder-unusable" });
  });
});

describe("a stranger at the door", () => {
  it.each([
    ["Origin", "http://localhost"],
    ["Origin", "null"],
    ["Referer", "http://localhost/"],
    ["Sec-Fetch-Site", "none"],
    ["Host", "evil.example.com"],
    ["Host", "localhost.evil.example.com"],
  ])("with the header %s: %s is refused, whatever it asks for", async (name, value) => {
    for (const [method, path] of [
      ["GET", "/v1/status"],
      ["POST", "/v1/shutdown"],
      ["GET", "/no/such/route"],
    ] as const) {
      expect(await ask(method, path, { headers: { [name]: value } })).toMatchObject({ status: 403, code: "request-refused" });
    }
  });

  it.each(["1.1", "1.0"])("without a Host header is refused, in HTTP/%s", async (version) => {
    const answer = await speak(`GET /v1/status HTTP/${version}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toContain('"request-refused"');
  });

  it("with an empty Host header is refused", async () => {
    expect(await speak("GET /v1/status HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n")).toContain('"request-refused"');
  });

  it("is not a client that names the port of its forwarded socket", async () => {
    expect(await ask("GET", "/livez", { headers: { host: "localhost:8080" } })).toMatchObject({ status: 200 });
  });
});

describe("a request", () => {
  it("for a route that does not exist is 404", async () => {
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/v2/status"],
      ["GET", "/v1/status/"],
      ["POST", "/v1/status"],
      ["PUT", "/v1/tunnels/x"],
    ] as const) {
      expect(await ask(method, path)).toMatchObject({ status: 404, code: "not-found" });
    }
  });

  it("for a tunnel that does not exist is 404 with its name", async () => {
    expect(await ask("POST", "/v1/tunnels/a%20b/up")).toMatchObject({
      status: 404,
      code: "tunnel-unknown",
      text: expect.stringContaining("a b"),
    });
    await expect(client.down("nobody")).rejects.toMatchObject({ code: "tunnel-unknown", message: expect.stringContaining("nobody") });
  });

  it.each(["//", "/%", "/v1/tunnels/%/up", "/v1/tunnels/%ff/up"])("for the odd path %s is refused, and is no bug", async (path) => {
    const { status } = await ask("POST", path);
    expect([400, 404]).toContain(status);
    expect(logged).toEqual([]);
  });

  it.each([
    ["/v1/tunnels/x/up", { colour: "red" }, "colour"],
    ["/v1/tunnels/x/up", { agentSocket: 7 }, "agentSocket"],
    ["/v1/tunnels/x/up", { attended: "yes" }, "attended"],
    ["/v1/tunnels/x/up", { onPortBusy: "kill" }, "onPortBusy"],
    ["/v1/tunnels/x/down", { force: true }, "force"],
    ["/v1/shutdown", { now: true }, "now"],
    ["/v1/shutdown", { handOver: "yes" }, "handOver"],
    ["/v1/prompts/x", { accept: "yes" }, "accept"],
    ["/v1/prompts/x", {}, "accept"],
    ["/v1/tunnels/x/client", { file: "openclaw.json" }, "file"],
    ["/v1/tunnels/x/client", { file: "/home/me/open\u0000claw.json" }, "file"],
    ["/v1/tunnels/x/client", { file: "/home/me/open\nclaw.json" }, "file"],
    ["/v1/tunnels", { tunnel: { target: "db" }, onse: true }, "onse"],
    ["/v1/tunnels", { tunnel: { target: 7, forwards: [] } }, "target"],
    ["/v1/tunnels", { tunnel: { target: "db", forwards: [{ local: "1", to: "a:1", colour: 1 }] } }, "forwards[0].colour"],
    ["/v1/tunnels", ["a list"], "list"],
  ])("to %s with the body %j is 400 and names the key", async (path, body, key) => {
    const answer = await ask("POST", path, { body: JSON.stringify(body) });
    expect(answer).toMatchObject({ status: 400, code: "request-invalid" });
    if (!Array.isArray(body)) expect(answer.text).toContain(key);
  });

  it.each(["0", "127.0.0.1:0", "[::1]:0", "localhost:00"])(
    "for a tunnel on the local port %s is refused: it would be another each time",
    async (local) => {
      const body = JSON.stringify({ tunnel: { target: "me@db", forwards: [{ local, to: "a:1" }] } });
      const advice = expect.stringContaining("a tunnel's address must be stable: choose one from 1 to 65535");
      expect(await ask("POST", "/v1/tunnels", { body })).toMatchObject({ status: 400, code: "forward-invalid", text: advice });
    },
  );

  it("whose body is not JSON is 400", async () => {
    expect(await ask("POST", "/v1/shutdown", { body: "{now" })).toMatchObject({
      status: 400,
      code: "request-invalid",
      text: expect.stringContaining("not JSON"),
    });
  });

  it("whose body is larger than 64 KiB is 400 and says so, whether it tells its length or not", async () => {
    const body = JSON.stringify({ agentSocket: "x".repeat(100_000) });
    const refusal = { status: 400, code: "request-invalid", text: expect.stringContaining("larger than 65536 bytes") };
    expect(await ask("POST", "/v1/tunnels/x/up", { body })).toMatchObject(refusal);
    expect(await ask("POST", "/v1/tunnels/x/up", { body, headers: { "transfer-encoding": "chunked" } })).toMatchObject(refusal);
    expect(await ask("POST", "/v1/tunnels/x/up", { body: body.repeat(100) })).toMatchObject(refusal);
  });

  it("without a body is one with an empty object", async () => {
    expect(await ask("POST", "/v1/shutdown")).toMatchObject({ status: 200 });
  });

  it("is answered with what the daemon knows", async () => {
    expect(await client.status()).toMatchObject({ apiVersion: 1, daemon: { pid: process.pid }, tunnels: [] });
    expect((await ask("GET", "/metrics")).text).toContain("clawtunnel");
    expect(await ask("GET", "/readyz")).toMatchObject({ status: 200 });
    expect(await ask("GET", "/readyz/nobody")).toMatchObject({ status: 404, code: "tunnel-unknown" });
  });
});

describe("the client", () => {
  it("says daemon-not-running where nobody listens", async () => {
    await expect(new DaemonClient(join(cleanups.folder(), "nobody.sock")).status()).rejects.toMatchObject({ code: "daemon-not-running" });
  });

  it("asks where else a daemon may listen when nobody does, a file that a crash has left included, and goes on there", async () => {
    const folder = cleanups.folder();
    const left = join(folder, "left.sock");
    if (!isWindows) writeFileSync(left, "");
    for (const nowhere of [join(folder, "nobody.sock"), left]) {
      let asked = 0;
      const otherEndpoint = () => {
        asked += 1;
        return endpoint;
      };
      const other = new DaemonClient(nowhere, { otherEndpoint });
      expect(await other.status()).toMatchObject({ daemon: { pid: process.pid } });
      await other.live();
      expect(asked).toBe(1);
    }
  });

  it("asks nowhere else where somebody listens, and says daemon-not-running where nobody does there either", async () => {
    const otherEndpoint = () => Promise.reject(new Error("asked for no reason"));
    expect(await new DaemonClient(endpoint, { otherEndpoint }).status()).toMatchObject({ daemon: { pid: process.pid } });
    const [first, second] = ["first.sock", "second.sock"].map((name) => join(cleanups.folder(), name));
    for (const other of [second, first, undefined])
      await expect(new DaemonClient(first ?? "", { otherEndpoint: () => other }).live()).rejects.toMatchObject({
        code: "daemon-not-running",
      });
  });

  it("opens, closes and removes a tunnel", async () => {
    const { name } = await client.create({ ...(await tunnelToNowhere()), name: "db" });
    expect(name).toBe("db");
    const phase = async () => (await client.status()).tunnels.map((tunnel) => [tunnel.name, tunnel.phase]);
    await expect.poll(phase).toEqual([["db", expect.stringMatching(/^(waiting|connecting)$/)]]);
    await client.down("db");
    expect(await phase()).toEqual([["db", "stopped"]]);
    await client.up("db", {});
    await client.remove("db");
    expect(await phase()).toEqual([]);
  });
});

describe("the stream of events", () => {
  it("tells each tunnel as it is, then every change, and lets go when the reader has left", async () => {
    await client.create({ ...(await tunnelToNowhere()), name: "db", once: true });
    const abort = new AbortController();
    const told: TunnelChange[] = [];
    const reading = (async () => {
      for await (const change of client.events(abort.signal)) told.push(change);
    })();
    await expect.poll(() => told.length).toBeGreaterThan(0);
    expect(told[0]?.tunnel.name).toBe("db");
    const before = told.length;
    await client.restart("db");
    await expect.poll(() => told.slice(before).map((change) => change.tunnel.phase)).toContain("connecting");
    expect(subscriptions).toBe(1);
    abort.abort();
    await reading;
    await expect.poll(() => subscriptions).toBe(0);
  });

  it("lets go of a reader that was cut off", async () => {
    const socket = connect(endpoint);
    socket.write("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(socket, "data");
    await expect.poll(() => subscriptions).toBe(1);
    socket.destroy();
    await expect.poll(() => subscriptions).toBe(0);
  });

  it("does not write to readers that have left", async () => {
    await client.create({ ...(await tunnelToNowhere()), name: "db", once: true });
    for (let reader = 0; reader < 5; reader += 1) {
      for await (const change of client.events(AbortSignal.timeout(20_000))) {
        expect(change.tunnel.name).toBe("db");
        break;
      }
    }
    await expect.poll(() => subscriptions).toBe(0);
    await client.restart("db");
    expect(logged).toEqual([]);
  });
});

describe("the history", () => {
  it("tells a record of each change to those who ask for records, the past ones first, and to nobody else", async () => {
    await client.create({ ...(await tunnelToNowhere()), name: "db", once: true });
    const abort = new AbortController();
    const told: HistoryRecord[] = [];
    const live: HistoryRecord[] = [];
    const follow = async (sinceMs: number | undefined, into: HistoryRecord[]) => {
      for await (const record of client.records(sinceMs, abort.signal)) into.push(record);
    };
    const reading = [follow(0, told), follow(undefined, live)];
    await expect.poll(() => told.map(({ type }) => type)).toEqual(expect.arrayContaining(["daemon-started", "state"]));
    await expect.poll(() => subscriptions).toBe(2);
    await client.down("db");
    await expect.poll(() => live.at(-1)).toMatchObject({ type: "state", tunnel: "db", to: "stopped", reason: "asked" });
    await expect.poll(() => told.at(-1)).toEqual(live.at(-1));
    expect(live.some(({ type }) => type === "daemon-started")).toBe(false);
    abort.abort();
    await Promise.all(reading);

    const { text } = await askBriefly("/v1/events");
    expect(text).not.toContain("event: record");
  });

  it("begins where it is asked to, in ISO 8601 or in milliseconds", async () => {
    for (const since of [String(Date.now() + 60_000), new Date(Date.now() + 60_000).toISOString()]) {
      expect((await askBriefly(`/v1/events?since=${since}`)).text).not.toContain("event: record");
    }
    expect((await askBriefly("/v1/events?since=2026-01-01")).text).toContain("daemon-started");
    expect(await ask("GET", "/v1/events?since=yesterday")).toMatchObject({ status: 400, code: "request-invalid" });
  });

  it("is summed up for each tunnel", async () => {
    await client.create({ ...(await tunnelToNowhere()), name: "db", once: true });
    expect(await client.history({ outages: 10 })).toMatchObject({ apiVersion: 1, tunnels: [{ name: "db", outages: [] }] });
    expect(await client.history({ outages: 10, tunnel: "db" })).toMatchObject({ tunnels: [{ name: "db" }] });
    await expect(client.history({ outages: 10, tunnel: "nobody" })).rejects.toMatchObject({ code: "tunnel-unknown" });
    expect(await ask("GET", "/v1/history?n=-1")).toMatchObject({ status: 400, code: "request-invalid" });
  });
});

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly text: string;
}

function ask(method: string, path: string, { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const asked = httpRequest(
      { socketPath: endpoint, method, path, headers: { host: "localhost", ...headers }, agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.once("end", () => resolve({ status: response.statusCode ?? 0, code: codeIn(text), text }));
        response.once("error", reject);
      },
    );
    asked.once("error", reject);
    asked.end(body);
  });
}

/** What a stream says at once; it would go on. */
async function askBriefly(path: string): Promise<{ text: string }> {
  const socket = connect(endpoint);
  cleanups.add(() => socket.destroy());
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await expect.poll(() => text).toContain(": hello");
  // Whatever the stream begins with was sent before the answer to this.
  await client.status();
  await new Promise((resolve) => setImmediate(resolve));
  return { text };
}

function codeIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { error?: { code: string } }).error?.code;
  } catch {
    return undefined;
  }
}

/** Byte for byte, for what an HTTP library would not send. */
async function speak(request: string): Promise<string> {
  const socket = connect(endpoint);
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  socket.write(request);
  await once(socket, "end");
  socket.end();
  return text;
}

async function listen(path: string): Promise<void> {
  const server = createApiServer([], { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} });
  cleanups.add(() => server.close());
  await listenOnEndpoint(server, path);
}

async function tunnelToNowhere() {
  const [sshPort, bindPort] = [await freePort(), await freePort()];
  const identity = join(paths.stateDir, "key");
  writeFileSync(identity, generateEd25519Key().private, { mode: 0o600 });
  const files = { identities: [identity], knownHosts: [join(paths.stateDir, "known_hosts")] };
  return { tunnel: { target: `me@127.0.0.1:${sshPort}`, ...files, forwards: [{ local: String(bindPort), to: "127.0.0.1:1" }] } };
}

function countSubscriptions(counted: Supervisor): void {
  subscriptions = 0;
  const onChange = counted.onChange.bind(counted);
  counted.onChange = (listener) => {
    const unsubscribe = onChange(listener);
    subscriptions += 1;
    return () => {
      subscriptions -= 1;
      return unsubscribe();
    };
  };
}
