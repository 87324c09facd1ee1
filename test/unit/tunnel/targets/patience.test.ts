import { describe, expect, it, vi } from "vitest";
import { isOutOfReach, type Knock } from "../../../../src/tunnel/targets/patience.js";
import { type Deferred, deferred } from "../../fixtures/deferred.js";
import { useFakeTime } from "../../fixtures/fake-time.js";

const never = new AbortController().signal;
const addressOf = (host: string) => ({ host, port: 22 });

describe("the patience with a target", () => {
  useFakeTime();

  function makeKnocks() {
    const knocks = new Map<string, Deferred<boolean>>();
    const knock: Knock = ({ host }) => {
      const answer = deferred<boolean>();
      knocks.set(host, answer);
      return answer.promise;
    };
    const outcome = isOutOfReach(addressOf("lan"), async () => [null, addressOf("public")], knock, never);
    return { knocks, outcome, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
  }

  it("does not end once its server accepts a connection", async () => {
    const { knocks, outcome } = makeKnocks();
    knocks.get("lan")?.resolve(true);
    expect(await outcome).toBe(false);
  });

  it("ends when nobody accepts one", async () => {
    const { knocks, outcome, pass } = makeKnocks();
    knocks.get("lan")?.resolve(false);
    await pass(250);
    expect(await outcome).toBe(true);
  });

  it("ends soon after a later one has accepted one, and not because that one does not", async () => {
    const made = makeKnocks();
    await made.pass(250);
    made.knocks.get("public")?.resolve(true);
    await made.pass(250);
    expect(await made.outcome).toBe(true);

    const other = makeKnocks();
    await other.pass(250);
    other.knocks.get("public")?.resolve(false);
    await other.pass(1_000);
    other.knocks.get("lan")?.resolve(true);
    expect(await other.outcome).toBe(false);
  });

  it("goes on for one that answers just after a later one", async () => {
    const { knocks, outcome, pass } = makeKnocks();
    await pass(250);
    knocks.get("public")?.resolve(true);
    await pass(100);
    knocks.get("lan")?.resolve(true);
    expect(await outcome).toBe(false);
  });
});
