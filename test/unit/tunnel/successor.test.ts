import { describe, expect, it, vi } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import type { SshSession } from "../../../src/ssh/session.js";
import { Attempt } from "../../../src/tunnel/attempt.js";
import type { RenewalReason } from "../../../src/tunnel/state.js";
import { prepareSuccessor } from "../../../src/tunnel/successor.js";
import { deferred } from "../fixtures/deferred.js";
import { fakeSession, portOf, quietChannel } from "../fixtures/fake-session.js";
import { useFakeTime } from "../fixtures/fake-time.js";
import { forwardSpec } from "../fixtures/forwards.js";
import { someLogin } from "../fixtures/login.js";

const web = forwardSpec(8080, 80);
const db = forwardSpec(5432, 5432);
const flush = () => vi.advanceTimersByTimeAsync(0);

/** A successor on its way beside a session that stands; through that the services behind `answering` answer. */
function prepare(reason: RenewalReason, answering = [web, db]) {
  const standing = fakeSession();
  const session = fakeSession();
  const login = deferred<SshSession>();
  const successor = new Attempt(someLogin, () => login.promise);
  const outcome = prepareSuccessor(successor, {
    reason,
    standing,
    asked: () => "suspected",
    forwards: [web, db],
    answersNow: (forward) => answering.some((spec) => spec === forward),
  });
  let settled: unknown = "on its way";
  outcome.then(
    (event) => {
      settled = event;
    },
    (failure: unknown) => {
      settled = failure;
    },
  );
  return { standing, session, open: () => login.resolve(session), fail: login.reject, settled: () => settled };
}

describe("the successor of a session", () => {
  useFakeTime();

  it.each<RenewalReason>(["restart-asked", "renewal-due"])(
    "takes over after %s when every service that answers now answers through it",
    async (reason) => {
      const { session, open, settled } = prepare(reason);
      const channel = deferred<ReturnType<typeof quietChannel>>();
      session.serve = () => channel.promise;
      open();
      await flush();
      expect(settled()).toBe("on its way");
      expect(session.dials).toEqual([web.to, db.to]);
      channel.resolve(quietChannel());
      await flush();
      expect(settled()).toEqual({ type: "renewed" });
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it("need not reach a service that does not answer anyway", async () => {
    const { session, open, settled } = prepare("restart-asked", [web]);
    open();
    await flush();
    expect(session.dials).toEqual([web.to]);
    expect(settled()).toEqual({ type: "renewed" });
  });

  it("does not take over when one service that answers now does not answer through it, and tells which failure it was", async () => {
    const { session, open, settled } = prepare("restart-asked");
    const failure = new Failure("service-refused", "nothing listens on 127.0.0.1:5432");
    session.serve = (to) => (portOf(to) === 5432 ? Promise.reject(failure) : Promise.resolve(quietChannel()));
    open();
    await flush();
    expect(settled()).toBe(failure);
  });

  it("waits for a service no longer than a health check does", async () => {
    const { session, open, settled } = prepare("renewal-due");
    session.serve = () => new Promise(() => {});
    open();
    await vi.advanceTimersByTimeAsync(web.health.timeoutMs - 1);
    expect(settled()).toBe("on its way");
    await vi.advanceTimersByTimeAsync(1);
    expect(settled()).toMatchObject({ code: "service-silent" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("asks no service when the tunnel leads elsewhere from now on", async () => {
    const { session, open, settled } = prepare("config-changed");
    open();
    await flush();
    expect(session.dials).toEqual([]);
    expect(settled()).toEqual({ type: "renewed" });
  });

  it.each<RenewalReason>(["restart-asked", "config-changed", "renewal-due", "peer-doubted"])(
    "tells why it could not be opened after %s",
    async (reason) => {
      const { fail, settled } = prepare(reason);
      const failure = new Failure("connect-timeout", "no answer");
      fail(failure);
      await flush();
      expect(settled()).toBe(failure);
    },
  );
});

describe("the successor of a session whose peer is doubted", () => {
  useFakeTime();

  it("makes the peer lost by standing before it spoke, and has the loss noticed by the question that was asked", async () => {
    const { standing, session, open, settled } = prepare("peer-doubted");
    // What came before the doubt is no sign of life after it.
    standing.sentBytes = 1_000;
    open();
    await flush();
    expect(settled()).toMatchObject({ type: "lost", failure: { code: "peer-silent", noticedBy: "probe" } });
    expect(session.dials).toEqual([]);
  });

  it("is not needed when the peer spoke while it was on its way", async () => {
    const { standing, open, settled } = prepare("peer-doubted");
    standing.receivedBytes += 1;
    open();
    await flush();
    expect(settled()).toEqual({ type: "trusted" });
  });
});
