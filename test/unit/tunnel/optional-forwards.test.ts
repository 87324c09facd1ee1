import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import type { OptionalForward } from "../../../src/config/tunnel-spec.js";
import { OptionalForwards } from "../../../src/tunnel/optional-forwards.js";
import { until } from "../../support/until.js";
import { fakeSession, quietChannel } from "../fixtures/fake-session.js";
import { forwardSpec, IdleListener } from "../fixtures/forwards.js";

const sandbox = forwardSpec(18_790, 18_790);

/** Takes its address without taking it. */
class WillingListener extends IdleListener {
  isTaken = false;
  isBusy = false;
  override get isOpen() {
    return this.isTaken;
  }
  override async openIfFree() {
    this.isTaken = !this.isBusy;
    return this.isTaken;
  }
  override close() {
    this.isTaken = false;
    super.close();
  }
}

describe("an optional forward", () => {
  const made: WillingListener[] = [];
  let changes = 0;
  beforeEach(() => {
    made.splice(0);
    changes = 0;
  });
  function group(...wanted: OptionalForward[]) {
    const optional = new OptionalForwards(
      (spec) => {
        const listener = new WillingListener(spec);
        made.push(listener);
        return listener;
      },
      () => {
        changes += 1;
      },
    );
    optional.adopt(wanted);
    return optional;
  }
  const refuse = (code: "service-refused" | "forwarding-prohibited") => () => Promise.reject(new Failure(code, "no"));

  it("listens once something was seen behind it, and goes on when the session does not", async () => {
    const optional = group(sandbox);
    const session = fakeSession();
    optional.attach(session);
    expect(optional.all).toMatchObject([{ isFound: false }]);
    optional.look();
    await until(() => changes === 1);
    expect([session.dials, made[0]?.isOpen]).toEqual([[sandbox.to], true]);
    optional.detach();
    expect(made[0]?.isOpen).toBe(true);
    optional.close();
    expect(made[0]?.isOpen).toBe(false);
  });

  it("stays away while nothing is there, until it is looked at again", async () => {
    const optional = group(sandbox);
    const session = fakeSession();
    session.serve = refuse("service-refused");
    optional.attach(session);
    optional.look();
    await until(() => session.dials.length === 1);
    expect(made[0]?.isOpen).toBe(false);
    session.serve = () => Promise.resolve(quietChannel());
    optional.look();
    await until(() => made[0]?.isOpen === true);
    optional.close();
  });

  it("that the server prohibits is asked for once in a session, and again in the next", async () => {
    const optional = group(sandbox);
    const session = fakeSession();
    session.serve = refuse("forwarding-prohibited");
    optional.attach(session);
    optional.look();
    await until(() => session.dials.length === 1);
    await setImmediate();
    optional.look();
    const next = fakeSession();
    optional.attach(next);
    optional.look();
    await until(() => made[0]?.isOpen === true);
    expect(session.dials).toHaveLength(1);
    optional.close();
  });

  it("whose address is taken here is found all the same, and gives its own up to whoever has the better claim", async () => {
    const optional = group(sandbox);
    const [listener] = made;
    if (listener === undefined) throw new Error("there is none");
    listener.isBusy = true;
    optional.attach(fakeSession());
    optional.look();
    await until(() => optional.all[0]?.isFound === true);
    expect([listener.isOpen, changes]).toEqual([false, 0]);
    listener.isBusy = false;
    optional.look();
    await until(() => listener.isOpen);
    optional.leave(18_789);
    expect(listener.isOpen).toBe(true);
    optional.leave(18_790);
    expect(listener.isOpen).toBe(false);
    optional.close();
  });

  it("is one above the gateway's own port, where the server says which that is", async () => {
    const gateway = { profile: null };
    const optional = group({ beside: gateway });
    const session = { ...fakeSession(), resolved: () => ({ endpoint: { host: "127.0.0.1", port: 19_001 }, warning: null }) };
    expect(optional.all).toEqual([]);
    optional.attach(session);
    optional.look();
    await until(() => made[0]?.isOpen === true);
    expect(made[0]?.spec).toMatchObject({ bind: { port: 19_002 }, to: { host: "127.0.0.1", port: 19_002 } });
    optional.adopt([]);
    expect([made[0]?.isClosed, optional.all]).toEqual([true, []]);
    optional.close();
  });
});
