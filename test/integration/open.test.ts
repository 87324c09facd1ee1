import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { handOver } from "../../src/cli/open/hand-over.js";
import { deepTokenSource, readToken, tokenSource } from "../../src/cli/open/read-token.js";
import { saveTunnel } from "../../src/config/store.js";
import type { TokenSource } from "../../src/config/tunnel-spec.js";
import { Cleanups } from "../support/cleanups.js";
import { hasCurl } from "../support/curl.js";

const cleanups = new Cleanups();
afterEach(cleanups.run);

const location = "http://localhost:18789/#token=a%2Fb";

async function offer(timeoutMs = 60_000) {
  const page = await handOver(location, timeoutMs, new AbortController().signal);
  cleanups.add(page.close);
  return page;
}
const ask = (url: string, init: RequestInit = {}) => fetch(url, { redirect: "manual", ...init });

describe("the page that hands something over to a browser", () => {
  it("leads on the one that comes first, and nobody else", async () => {
    const page = await offer();
    const first = await ask(page.url);
    expect([first.status, first.headers.get("location"), first.headers.get("cache-control")]).toEqual([303, location, "no-store"]);
    expect(await page.taken).toBe(true);
    const second = await ask(page.url);
    expect([second.status, second.headers.get("location")]).toEqual([404, null]);
  });

  it("tells nothing to whoever does not have its address, or does not fetch it, and still is there for the browser", async () => {
    const page = await offer();
    const others = await Promise.all([ask(new URL("/", page.url).href), ask(`${page.url}/`), ask(page.url, { method: "HEAD" })]);
    expect(others.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect((await ask(page.url)).status).toBe(303);
  });

  it("has another address each time, which does not tell what it hands over", async () => {
    const [one, other] = [await offer(), await offer()];
    expect(new URL(one.url).pathname).not.toBe(new URL(other.url).pathname);
    expect(one.url).not.toContain("token");
  });

  const isRoot = process.platform === "linux" && process.getuid?.() === 0;
  it.skipIf(!isRoot || !hasCurl).each(["127.0.0.1", "[::ffff:127.0.0.1]"])(
    "tells nothing to another user who has its address, by way of %s",
    async (host) => {
      const page = await offer();
      const { pathname, port, host: name } = new URL(page.url);
      const address = `http://${host}:${port}${pathname}`;
      const words = [
        "--silent",
        "--noproxy",
        "*",
        "--globoff",
        "--output",
        "/dev/null",
        "--write-out",
        "%{http_code}",
        "--header",
        `Host: ${name}`,
        address,
      ];
      const other = promisify(execFile)("curl", words, { uid: 65_534, gid: 65_534, cwd: "/" });
      expect((await other).stdout).toBe("404");
      expect((await ask(page.url)).status).toBe(303);
    },
  );

  it("says so when nobody came", async () => {
    expect(await (await offer(1)).taken).toBe(false);
  });
});

describe("the token for a log-in", () => {
  const unavailable = (why: string) => expect.objectContaining({ code: "token-unavailable", message: expect.stringContaining(why) });
  const none = { "token-env": undefined, "token-file": undefined };
  const read = (source: TokenSource, env = {}) => readToken(source, "openclaw", env, new AbortController().signal);

  it("is where it was said to be, else where the deep check has it, else where OpenClaw looks", () => {
    const deep = { kind: "keyring" } as const;
    expect(tokenSource(none, undefined)).toEqual({ kind: "env", name: "OPENCLAW_GATEWAY_TOKEN" });
    expect(tokenSource(none, deep)).toBe(deep);
    expect(tokenSource({ ...none, "token-env": "MINE" }, deep)).toEqual({ kind: "env", name: "MINE" });
    expect(tokenSource({ ...none, "token-file": "/t" }, deep)).toEqual({ kind: "file", path: resolve("/t") });
  });

  it("of a saved tunnel's deep check is found in the config", async () => {
    const configFile = join(cleanups.folder(), "config.json");
    const deep = { tokenEnv: "MINE" };
    await saveTunnel(configFile, "openclaw", { target: "me@vps", preset: "openclaw", health: { openclaw: true, deep } });
    await saveTunnel(configFile, "other", { target: "me@vps", forwards: [{ local: "80", to: "db:80" }] });
    expect(deepTokenSource(configFile, "openclaw")).toEqual({ kind: "env", name: "MINE" });
    expect(deepTokenSource(configFile, "other")).toBeUndefined();
    expect(deepTokenSource(configFile, "unsaved")).toBeUndefined();
  });

  it("is read from a variable or a file, and missed by the name of the place where it should be", async () => {
    const path = join(cleanups.folder(), "token");
    await expect(read({ kind: "env", name: "MINE" })).rejects.toThrow(unavailable("MINE"));
    expect(await read({ kind: "env", name: "MINE" }, { MINE: " t " })).toBe("t");
    await expect(read({ kind: "file", path })).rejects.toThrow(unavailable(path));
    writeFileSync(path, "in-file\n", { mode: 0o600 });
    expect(await read({ kind: "file", path })).toBe("in-file");
  });
});
