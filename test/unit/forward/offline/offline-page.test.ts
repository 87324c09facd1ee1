import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FailureCode, failureCatalogue } from "../../../../src/base/failure-catalogue.js";
import { type Absence, type Asked, renderOffline, retryAfterSeconds } from "../../../../src/forward/offline/offline-page.js";

const waiting: Absence = { tunnel: "web", phase: "waiting", code: "connection-refused", retryInMs: 6_400 };
const held: Absence = { tunnel: "web", phase: "held", code: "host-key-unknown", retryInMs: null };
const browser = "text/html,application/xhtml+xml,*/*;q=0.8";

function asked({ method = "GET", accept = "*/*", ...rest }: Partial<Asked["request"] & Omit<Asked, "request">> = {}): Asked {
  return { request: { method, accept, isForThisMachine: true }, why: "too-long", isPublic: false, ...rest };
}

function render(absence: Absence, ask = asked()) {
  const text = renderOffline(absence, ask);
  const end = text.indexOf("\r\n\r\n");
  const [status = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => line.split(": ", 2).map((part) => part.toLowerCase())));
  return { status, headers, body: text.slice(end + 4) };
}

const json = (absence: Absence, ask?: Asked) => JSON.parse(render(absence, ask).body);

describe("when to ask again", () => {
  it.each<[Absence["phase"], number | null, number]>([
    ["waiting", 0, 1],
    ["waiting", 1, 1],
    ["waiting", 1_001, 2],
    ["waiting", 30_000, 30],
    ["waiting", 86_400_000, 30],
    ["connecting", null, 2],
    ["held", null, 30],
    ["stopped", null, 30],
    ["up", null, 1],
  ])("of a tunnel that is %s with %s ms to go is in %i s", (phase, retryInMs, seconds) => {
    expect(retryAfterSeconds({ ...waiting, phase, retryInMs })).toBe(seconds);
  });

  it("is a whole number of seconds between 1 and 30", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (retryInMs) => {
        const seconds = retryAfterSeconds({ ...waiting, retryInMs });
        expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 30).toBe(true);
      }),
    );
  });
});

describe("the answer", () => {
  it("is a 503 that nobody keeps, that ends the connection and says when to come back", () => {
    const { status, headers, body } = render(waiting);
    expect(status).toBe("HTTP/1.1 503 Service Unavailable");
    expect(headers).toMatchObject({
      "content-length": String(Buffer.byteLength(body)),
      "retry-after": "7",
      "cache-control": "no-store",
      connection: "close",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    });
  });

  it("is JSON with the tunnel, the reason, what to do, and the next try", () => {
    expect(render(waiting).headers).toMatchObject({ "content-type": "application/json; charset=utf-8" });
    expect(json(waiting)).toEqual({
      error: "tunnel-unavailable",
      tunnel: "web",
      message: "The tunnel web has no session: its server is tried again within 7 s.",
      phase: "waiting",
      code: "connection-refused",
      hint: failureCatalogue["connection-refused"].hint,
      nextTryInSeconds: 7,
      more: "clawtunnel status web",
      retryAfterSeconds: 7,
    });
  });

  it("names the tunnel in what to type", () => {
    expect(json(held)).toMatchObject({ hint: "Look at the key and accept it: `clawtunnel trust web`.", nextTryInSeconds: null });
  });

  it("says when it was only the room that was full", () => {
    expect(json(waiting, asked({ why: "full" })).message).toMatch(/Too many connections wait for it already\.$/);
  });

  it("is a page for a browser, which asks again by itself and not too fast", () => {
    const { headers, body } = render(waiting, asked({ accept: browser }));
    expect(headers).toMatchObject({ "content-type": "text/html; charset=utf-8", refresh: "7" });
    expect(body).toContain("<title>web is not available</title>");
    expect(body).toContain("<code>connection-refused</code>");
    expect(body).toContain("<code>clawtunnel status web</code>");
    expect(render({ ...waiting, retryInMs: 0 }, asked({ accept: browser })).headers).toMatchObject({ "retry-after": "1", refresh: "3" });
  });

  it("is not asked for again by itself where that would be another request", () => {
    expect(render(waiting, asked({ accept: browser, method: "POST" })).headers).not.toHaveProperty("refresh");
    expect(render(waiting).headers).not.toHaveProperty("refresh");
  });

  it("has for HEAD the headers of GET and no body", () => {
    const get = render(waiting, asked({ accept: browser }));
    const head = render(waiting, asked({ accept: browser, method: "HEAD" }));
    expect(head).toEqual({ ...get, body: "" });
  });

  it("tells a stranger the name of the tunnel and nothing else", () => {
    expect(json(held, asked({ isPublic: true, why: "full" }))).toEqual({
      error: "tunnel-unavailable",
      tunnel: "web",
      message: "The tunnel web is not available now.",
      retryAfterSeconds: 30,
    });
    const { body } = render(held, asked({ isPublic: true, accept: browser }));
    expect(body).not.toMatch(/host-key|trust|status|held/);
  });

  it("is well formed for every code, in every phase, whoever asks", () => {
    for (const code of [null, ...Object.keys(failureCatalogue)] as (FailureCode | null)[]) {
      for (const phase of ["stopped", "connecting", "up", "waiting", "held"] as const) {
        for (const [accept, isPublic] of [
          [browser, true],
          [browser, false],
          ["*/*", true],
          ["*/*", false],
        ] as const) {
          const { headers, body } = render({ ...waiting, code, phase }, asked({ accept, isPublic }));
          expect(headers).toMatchObject({ "content-length": String(Buffer.byteLength(body)) });
          expect(body).not.toMatch(/undefined|NaN|NAME/);
          if (accept === browser) expect(body).not.toContain("`");
        }
      }
    }
  });

  it("lets no name out of its place, not into the markup and not into the headers", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("</title><script>", "a\r\nX: y\r\n\r\n", "\"'&`<b>`")),
        (tunnel) => {
          const plain = render({ ...held, tunnel: "web" }, asked({ accept: browser }));
          const strange = render({ ...held, tunnel }, asked({ accept: browser }));
          expect(Object.keys(strange.headers)).toEqual(Object.keys(plain.headers));
          const tags = (html: string) => html.match(/<[^>]*>/g)?.filter((tag) => !tag.includes("code>"));
          expect(tags(strange.body)).toEqual(tags(plain.body));
          expect(json({ ...held, tunnel }).tunnel).toBe(JSON.parse(JSON.stringify(tunnel)));
        },
      ),
    );
  });
});
