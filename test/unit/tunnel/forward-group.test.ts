import { beforeEach, describe, expect, it } from "vitest";
import { type Endpoint, isSocketPath } from "../../../src/base/address.js";
import { Failure } from "../../../src/base/failure.js";
import type { ForwardSpec } from "../../../src/config/tunnel-spec.js";
import { failing } from "../../../src/health/result.js";
import { ForwardGroup } from "../../../src/tunnel/forward-group.js";
import { fakeSession } from "../fixtures/fake-session.js";
import { forwardSpec, IdleListener, ok } from "../fixtures/forwards.js";

const web = forwardSpec(8080, 80);
const db = forwardSpec(5432, 5432);
const refused = failing(new Failure("service-refused", "nothing listens"));

const made: IdleListener[] = [];
const portOf = (bind: Endpoint) => (isSocketPath(bind) ? bind.path : bind.port);
beforeEach(() => void made.splice(0));

function group(...specs: readonly ForwardSpec[]) {
  const make = (spec: ForwardSpec) => {
    if (spec.kind === "remote") throw new Error("a remote forward has no listener here");
    const listener = new IdleListener(spec);
    made.push(listener);
    return listener;
  };
  const forwards = new ForwardGroup(make, () => {});
  forwards.adopt(only(...specs));
  return forwards;
}

function only(...specs: readonly ForwardSpec[]): Parameters<ForwardGroup["adopt"]>[0] {
  return { forwards: specs, optionalForwards: [] };
}

const listenerOf = (forwards: ForwardGroup, index: number) => {
  const listener = forwards.listeners[index];
  if (listener === undefined) throw new Error(`there is no forward ${index}`);
  return listener;
};

describe("the forwards of a tunnel", () => {
  it("keep the listener of an address that stays, whatever else of it was edited, and in the order of the edit", () => {
    const forwards = group(web, db);
    const [first, second] = forwards.listeners;
    const elsewhere = { ...web, to: { host: "10.0.0.1", port: 81 } };
    forwards.adopt(only(db, elsewhere));
    expect(forwards.listeners).toEqual([second, first]);
    expect(first?.spec).toBe(elsewhere);
    expect(made.map(({ isClosed }) => isClosed)).toEqual([false, false]);
  });

  it("close the listener of an address that is not wanted any more, and only that", () => {
    const forwards = group(web, db);
    const api = forwardSpec(9090);
    forwards.adopt(only(db, api));
    expect(made.map(({ spec, isClosed }) => [portOf(spec.bind), isClosed])).toEqual([
      [8080, true],
      [5432, false],
      [9090, false],
    ]);
    expect(forwards.listeners.map(({ spec }) => spec)).toEqual([db, api]);
  });

  it("take another host with the same port for another address", () => {
    const forwards = group(web);
    forwards.adopt(only({ ...web, bind: { host: "0.0.0.0", port: 8080 } }));
    expect(made.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  });

  it("are each one of its own when several ask for the same address, and the right one closes", () => {
    const [any, other] = [forwardSpec(0, 80), forwardSpec(0, 81)];
    const forwards = group(any, other);
    const [first, second] = forwards.listeners;
    forwards.adopt(only({ ...any }, { ...other }));
    expect(forwards.listeners).toEqual([first, second]);
    expect(forwards.listeners.map(({ spec }) => spec)).toEqual([any, other]);
    forwards.adopt(only(other));
    expect(forwards.listeners).toEqual([second]);
    expect(made.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  });

  it("forget the health of what was edited or removed, and of nothing else", () => {
    const forwards = group(web, db);
    const [first, second] = [listenerOf(forwards, 0), listenerOf(forwards, 1)];
    for (const listener of forwards.listeners) forwards.note(listener, ok, 100);
    forwards.adopt(only(web, { ...db, to: { host: "10.0.0.1", port: 5432 } }));
    expect([forwards.health.has(first), forwards.health.has(second)]).toEqual([true, false]);
    forwards.adopt(only());
    expect(forwards.health.size).toBe(0);
  });

  it("are all closed together", () => {
    group(web, db).close();
    expect(made.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  });
});

describe("the health of a forward", () => {
  it("is another only when its state is, and remembers since when that is so", () => {
    const forwards = group(web);
    const listener = listenerOf(forwards, 0);
    const told = [
      forwards.note(listener, ok, 100),
      forwards.note(listener, ok, 200),
      forwards.note(listener, refused, 300),
      forwards.note(listener, refused, 400),
    ];
    expect(told).toEqual([true, false, true, false]);
    expect(forwards.health.get(listener)).toEqual({ result: refused, atMs: 400, sinceMs: 300 });
  });

  it("is not known any more where nobody listens once a new session has taken over", async () => {
    const forwards = group(web, db);
    const [open, away] = [listenerOf(forwards, 0), listenerOf(forwards, 1)];
    Object.defineProperty(open, "isOpen", { value: true });
    for (const listener of forwards.listeners) forwards.note(listener, ok, 100);
    await forwards.attach(fakeSession());
    expect([forwards.health.has(open), forwards.health.has(away)]).toEqual([true, false]);
  });

  it("is good for exactly the forward that was found so", () => {
    const forwards = group(web, db);
    forwards.note(listenerOf(forwards, 0), ok, 100);
    forwards.note(listenerOf(forwards, 1), refused, 100);
    expect(forwards.isHealthy({ ...web })).toBe(true);
    expect(forwards.isHealthy(db)).toBe(false);
    expect(forwards.isHealthy({ ...web, to: { host: "10.0.0.1", port: 80 } })).toBe(false);
  });
});
