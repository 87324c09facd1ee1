import { expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.js";
import type { SshSession } from "../../../src/ssh/session.js";
import { Attempt } from "../../../src/tunnel/attempt.js";
import { deferred } from "../fixtures/deferred.js";
import { fakeSession } from "../fixtures/fake-session.js";
import { someLogin } from "../fixtures/login.js";

/** An attempt whose log-in ends as the test says. */
function begin() {
  const { promise, resolve, reject } = deferred<SshSession>();
  let seen: AbortSignal | undefined;
  const attempt = new Attempt(someLogin, (_login, signal) => {
    seen = signal;
    return promise;
  });
  return { attempt, open: resolve, fail: reject, isAborted: () => seen?.aborted };
}

it("has no session before the log-in, and the one that came of it afterwards", async () => {
  const { attempt, open } = begin();
  expect(attempt.session).toBeUndefined();
  const session = fakeSession();
  open(session);
  expect(await attempt.opened).toBe(session);
  expect(attempt.session).toBe(session);
  expect(session.isClosed).toBe(false);
});

it("tells whoever waits why the log-in failed, and troubles nobody when nobody waits", async () => {
  const { attempt, fail } = begin();
  const failure = new Failure("auth-rejected", "the server refused the key");
  // An unhandled rejection would fail this test file.
  fail(failure);
  await new Promise(setImmediate);
  await expect(attempt.opened).rejects.toBe(failure);
  expect(attempt.session).toBeUndefined();
});

it("takes a log-in that cannot even begin for one that failed", async () => {
  const bug = new TypeError("no such thing");
  const attempt = new Attempt(someLogin, () => {
    throw bug;
  });
  await expect(attempt.opened).rejects.toBe(bug);
});

it("aborts the log-in when it is ended before", () => {
  const { attempt, isAborted } = begin();
  expect(isAborted()).toBe(false);
  attempt.end();
  expect(isAborted()).toBe(true);
});

it("closes a session that comes in spite of its end, and never shows it", async () => {
  const { attempt, open } = begin();
  const session = fakeSession();
  attempt.end();
  open(session);
  await expect(attempt.opened).rejects.toMatchObject({ name: "AbortError" });
  expect(session.isClosed).toBe(true);
  expect(attempt.session).toBeUndefined();
});

it("closes a session that came in the very turn of its end", async () => {
  const { attempt, open } = begin();
  const session = fakeSession();
  open(session);
  attempt.end();
  await expect(attempt.opened).rejects.toMatchObject({ name: "AbortError" });
  expect(session.isClosed).toBe(true);
});

it("closes its session with its end", async () => {
  const { attempt, open } = begin();
  const session = fakeSession();
  open(session);
  await attempt.opened;
  attempt.end();
  expect(session.isClosed).toBe(true);
});
