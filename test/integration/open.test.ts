import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { handOver } from "../../src/cli/open/hand-over.js";
import { readToken } from "../../src/cli/open/read-token.js";
import { Cleanups } from "../support/cleanups.js";

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

  it("says so when nobody came", async () => {
    expect(await (await offer(1)).taken).toBe(false);
  });
});

describe("the token for a log-in", () => {
  const unavailable = (why: string) => expect.objectContaining({ code: "token-unavailable", message: expect.stringContaining(why) });
  const none = { "token-env": undefined, "token-file": undefined };

  it("is in OpenClaw's own variable, in the one that was named, or in a file", () => {
    const path = join(cleanups.folder(), "token");
    writeFileSync(path, " in-file\n", { mode: 0o600 });
    const env = { OPENCLAW_GATEWAY_TOKEN: "usual", MINE: "mine" };
    expect(readToken(none, env)).toBe("usual");
    expect(readToken({ ...none, "token-env": "MINE" }, env)).toBe("mine");
    expect(readToken({ ...none, "token-file": path }, env)).toBe("in-file");
  });

  it("is missed by the name of the place where it should be", () => {
    const path = join(cleanups.folder(), "token");
    expect(() => readToken(none, {})).toThrow(unavailable("OPENCLAW_GATEWAY_TOKEN"));
    expect(() => readToken({ ...none, "token-env": "MINE" }, {})).toThrow(unavailable("MINE"));
    expect(() => readToken({ ...none, "token-file": path }, {})).toThrow(unavailable(path));
    writeFileSync(path, "two words", { mode: 0o600 });
    expect(() => readToken({ ...none, "token-file": path }, {})).toThrow(unavailable("more than one word"));
  });

  it.skipIf(process.platform === "win32")("is not taken from a file that others may read", () => {
    const path = join(cleanups.folder(), "token");
    writeFileSync(path, "t");
    chmodSync(path, 0o644);
    expect(() => readToken({ ...none, "token-file": path }, {})).toThrow(unavailable("others may use it"));
  });
});
