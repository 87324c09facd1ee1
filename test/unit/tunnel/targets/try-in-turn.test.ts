import { describe, expect, it } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import type { SshSession } from "../../../../src/ssh/session.js";
import { NoTargetLetIn } from "../../../../src/tunnel/targets/no-target.js";
import { tryInTurn, type Ways } from "../../../../src/tunnel/targets/try-in-turn.js";
import { deferred } from "../../fixtures/deferred.js";
import { fakeSession } from "../../fixtures/fake-session.js";

const never = new AbortController().signal;
const changed = new Failure("host-key-changed", "another machine");
const refused = new Failure("auth-rejected", "not with this key");
const away = new Failure("connect-timeout", "nobody there");

/** Targets of which every server accepts connections, and the log-ins come to what the test says. */
function waysTo(outcomes: readonly (SshSession | Failure)[], changes: Partial<Ways> = {}): Ways & { readonly asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    connect: async (index) => {
      asked.push(index);
      const outcome = outcomes[index];
      if (outcome === undefined || outcome instanceof Error) throw outcome;
      return outcome;
    },
    firstHop: async (index) => ({ host: `target-${index}`, port: 22 }),
    knock: async () => true,
    restOf: async () => undefined,
    ...changes,
  };
}

describe("targets in turn", () => {
  it("go on to the next when a machine of somebody else's is at the first, or one refuses the key", async () => {
    const session = fakeSession();
    const ways = waysTo([changed, refused, session]);
    expect(await tryInTurn([0, 1, 2], ways, never)).toBe(session);
    expect(ways.asked).toEqual([0, 1, 2]);
  });

  it("ask none after the one that lets us in", async () => {
    const ways = waysTo([fakeSession(), fakeSession()]);
    await tryInTurn([0, 1], ways, never);
    expect(ways.asked).toEqual([0]);
  });

  it("come to the failures of all, with what each is waited for", async () => {
    const failure = await tryInTurn([1, 0], waysTo([changed, away]), never).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NoTargetLetIn);
    expect((failure as NoTargetLetIn).trials.map(({ firstHop, failure: { code } }) => [firstHop?.host, code])).toEqual([
      ["target-0", "host-key-changed"],
      ["target-1", "connect-timeout"],
    ]);
  });

  it("leave one in peace that rests, and tell why", async () => {
    const ways = waysTo([fakeSession(), away], { restOf: async (index) => (index === 0 ? refused : undefined) });
    await expect(tryInTurn([0, 1], ways, never)).rejects.toMatchObject({ code: "connect-timeout" });
    expect(ways.asked).toEqual([1]);
  });

  it("do not wait for one whose server accepts no connection; a session that still comes of it is closed", async () => {
    const late = deferred<SshSession>();
    const session = fakeSession();
    const ways = waysTo([], {
      connect: (index) => (index === 0 ? late.promise : Promise.resolve(session)),
      knock: async ({ host }) => host !== "target-0",
    });
    expect(await tryInTurn([0, 1], ways, never)).toBe(session);
    const orphan = fakeSession();
    late.resolve(orphan);
    await late.promise;
    expect([orphan.isClosed, session.isClosed]).toEqual([true, false]);
  });

  it("stop at a bug, and when nobody wants a session any more", async () => {
    await expect(tryInTurn([0, 1], waysTo([new Failure("internal", "a bug"), fakeSession()]), never)).rejects.toMatchObject({
      code: "internal",
    });
    const ways = waysTo([away, fakeSession()]);
    await expect(tryInTurn([0, 1], ways, AbortSignal.abort())).rejects.toBe(away);
    expect(ways.asked).toEqual([0]);
  });
});
