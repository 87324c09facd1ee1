import { beforeEach, describe, expect, it } from "vitest";
import type { Endpoint } from "../../../../src/base/address.js";
import { Failure } from "../../../../src/base/failure.js";
import { type ResolveName, withNames } from "../../../../src/ssh/names/naming-session.js";
import { neverAborted } from "../../../support/login.js";
import { deferred } from "../../fixtures/deferred.js";
import { fakeSession, quietChannel } from "../../fixtures/fake-session.js";

const web = { container: "web", port: 80 };
const at = (host: string) => ({ endpoint: { host, port: 80 }, warning: null });
const refused = () => Promise.reject(new Failure("service-refused", "nothing listens there"));

describe("a session that is dialled by name", () => {
  let nowMs = 0;
  let asked = 0;
  let answer: () => ReturnType<ResolveName>;
  beforeEach(() => {
    nowMs = 0;
    asked = 0;
    answer = async () => at("10.0.0.1");
  });
  function made() {
    const inner = fakeSession();
    const resolve: ResolveName = () => {
      asked += 1;
      return answer();
    };
    return { inner, session: withNames(inner, { resolve, clock: { monotonicMs: () => nowMs } }) };
  }

  it("asks once for all who come, and leads each to where it is", async () => {
    const { inner, session } = made();
    await Promise.all([1, 2, 3].map(() => session.dial(web, neverAborted)));
    await session.dial(web, neverAborted);
    expect(asked).toBe(1);
    expect(inner.dials).toEqual(Array(4).fill(at("10.0.0.1").endpoint));
    expect(session.resolved?.(web)).toEqual(at("10.0.0.1"));
  });

  it("asks nothing for an address", async () => {
    const { inner, session } = made();
    await session.dial({ host: "10.9.9.9", port: 1 }, neverAborted);
    expect([asked, inner.dials]).toEqual([0, [{ host: "10.9.9.9", port: 1 }]]);
  });

  it("follows a container that was restarted elsewhere, within the same dial", async () => {
    const { inner, session } = made();
    await session.dial(web, neverAborted);
    nowMs = 1_000;
    answer = async () => at("10.0.0.2");
    inner.serve = (to: Endpoint) => ("host" in to && to.host === "10.0.0.1" ? refused() : Promise.resolve(quietChannel()));
    await Promise.all([session.dial(web, neverAborted), session.dial(web, neverAborted)]);
    expect(asked).toBe(2);
    expect(session.resolved?.(web)).toEqual(at("10.0.0.2"));
  });

  it("asks at most once a second while nothing is there, and tells what the server told", async () => {
    const { inner, session } = made();
    inner.serve = refused;
    for (nowMs = 0; nowMs < 3_000; nowMs += 100) {
      await expect(session.dial(web, neverAborted)).rejects.toMatchObject({ code: "service-refused" });
    }
    expect(asked).toBe(3);
  });

  it("asks again for one that was not known, no sooner than a second later", async () => {
    const { session } = made();
    answer = () => Promise.reject(new Failure("container-unknown", "no such container"));
    for (nowMs of [0, 500, 999]) await expect(session.dial(web, neverAborted)).rejects.toMatchObject({ code: "container-unknown" });
    expect(asked).toBe(1);
    answer = async () => at("10.0.0.3");
    nowMs = 1_000;
    await session.dial(web, neverAborted);
    expect(session.resolved?.(web)).toEqual(at("10.0.0.3"));
  });

  it("goes on asking for the others when the first who came has left", async () => {
    const { inner, session } = made();
    const coming = deferred<Awaited<ReturnType<ResolveName>>>();
    answer = () => coming.promise;
    const life = new AbortController();
    const first = session.dial(web, life.signal);
    const second = session.dial(web, neverAborted);
    life.abort(new Error("left"));
    await expect(first).rejects.toThrow("left");
    coming.resolve(at("10.0.0.1"));
    await second;
    expect([asked, inner.dials.length]).toEqual([1, 1]);
  });

  it("tells of the session's end, not of a name that nobody answered for", async () => {
    const { inner, session } = made();
    answer = () => new Promise(() => {});
    const dialled = session.dial(web, neverAborted);
    inner.end();
    await expect(dialled).rejects.toMatchObject({ code: "session-gone" });
  });
});
