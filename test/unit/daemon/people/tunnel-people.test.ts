import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import type { Logger } from "../../../../src/base/logger.js";
import type { Keyring } from "../../../../src/daemon/people/keyring.js";
import { openPeople } from "../../../../src/daemon/people/people.js";
import { answerMaxMs } from "../../../../src/daemon/people/question-desk.js";
import { type PeopleContext, TunnelPeople } from "../../../../src/daemon/people/tunnel-people.js";
import type { Person, Question } from "../../../../src/ssh/person.js";
import type { TunnelState } from "../../../../src/tunnel/state.js";
import { fakeKeyring, noKeyring } from "../../fixtures/fake-keyring.js";
import { accountOfKey, code, passphrase, password, secretWord } from "../../fixtures/questions.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new AbortController().signal;
const connecting: TunnelState = { phase: "connecting", sinceMs: 0, reason: "asked", failures: 0, failure: null };
const up: TunnelState = { phase: "up", sinceMs: 0, failures: 0, isProven: false, isDoubted: false, renewal: null };
const held = (failure: Failure): TunnelState => ({ phase: "held", sinceMs: 0, failure });
const waiting = (failure: Failure): TunnelState => ({ phase: "waiting", sinceMs: 0, failure, failures: 1, retryAtMs: 1 });

describe("a question in a log-in", () => {
  it("is refused at once where nobody attends, and the server is not kept waiting", async () => {
    const { people } = tunnel();
    await expect(people.begin().ask(passphrase(), never)).rejects.toMatchObject({
      code: "needs-answer",
      message: expect.stringContaining("Enter passphrase for key '/keys/id':"),
    });
    expect(people.prompt).toBeNull();
  });

  it("is a prompt while a person attends, without the answer, and gone once it is answered", async () => {
    const { people, desk, changes } = attended();
    const answer = people.begin().ask(passphrase(), never);
    await settle();
    const prompt = people.prompt;
    expect(prompt).toEqual({
      id: expect.any(String),
      kind: "secret",
      purpose: "passphrase",
      subject: "/keys/id",
      text: "Enter passphrase for key '/keys/id':",
      isEchoed: false,
      isRepeated: false,
    });
    expect(changes()).toBe(1);
    desk.answer(prompt?.id ?? "", secretWord);
    expect(await answer).toBe(secretWord);
    expect(people.prompt).toBeNull();
    expect(changes()).toBe(2);
  });

  it("waits for its person a little less than sshd waits for a log-in", async () => {
    const { people } = attended();
    const answer = people.begin().ask(passphrase(), never);
    const refused = expect(answer).rejects.toMatchObject({
      code: "needs-answer",
      message: expect.stringContaining("nobody answered in 110 s"),
    });
    await vi.advanceTimersByTimeAsync(answerMaxMs - 1);
    expect(people.prompt).not.toBeNull();
    await vi.advanceTimersByTimeAsync(1);
    await refused;
    expect(people.prompt).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is taken back with its log-in", async () => {
    const { people } = attended();
    const life = new AbortController();
    const refused = expect(people.begin().ask(passphrase(), life.signal)).rejects.toBe("over");
    await settle();
    life.abort("over");
    await refused;
    expect(people.prompt).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is needs-answer when the person will not say", async () => {
    const { people, desk } = attended();
    const refused = expect(people.begin().ask(code(), never)).rejects.toMatchObject({ code: "needs-answer" });
    await settle();
    desk.refuse(people.prompt?.id ?? "");
    await refused;
  });

  it("shows what the server worded without its control characters, and not without end", async () => {
    const { people } = attended();
    void people.begin().ask(code({ text: `\u001b[2J${"x".repeat(5_000)}` }), never);
    await settle();
    const text = people.prompt?.kind === "secret" ? people.prompt.text : "";
    expect(text.startsWith("\\u{1b}[2Jx")).toBe(true);
    expect(text.length).toBeLessThan(1_100);
  });

  it("is asked after the one before it, when two log-ins of a tunnel ask at once", async () => {
    const { people, desk } = attended();
    const first = people.begin().ask(passphrase(), never);
    const second = people.begin().ask(password(), never);
    await settle();
    expect(people.prompt).toMatchObject({ purpose: "passphrase" });
    desk.answer(people.prompt?.id ?? "", "one");
    expect(people.prompt).toMatchObject({ purpose: "password" });
    desk.answer(people.prompt?.id ?? "", "two");
    expect(await Promise.all([first, second])).toEqual(["one", "two"]);
  });

  it("is asked once for a key that the jump host and the server both take", async () => {
    const { people, desk } = attended();
    const person = people.begin();
    await answered(people, person, passphrase(), secretWord, desk);
    expect(await person.ask(passphrase(), never)).toBe(secretWord);
    expect(people.prompt).toBeNull();
  });

  it("is asked again when the answer that the jump host was given was not right", async () => {
    const { people, desk } = attended();
    const person = people.begin();
    await answered(people, person, passphrase(), "wrong", desk);
    await answered(people, person, passphrase({ isRepeated: true }), secretWord, desk);
    expect(await person.ask(passphrase(), never)).toBe(secretWord);
  });
});

describe("the person at the terminal", () => {
  const isAskedAfter = async (state: TunnelState) => {
    const { people } = attended();
    people.follow(state);
    const asked = people.begin().ask(passphrase(), never);
    asked.catch(() => {});
    await settle();
    return people.prompt !== null;
  };

  it.each<[string, boolean, TunnelState]>([
    ["stays through a log-in that failed", true, waiting(new Failure("connect-timeout", ""))],
    ["has gone once the tunnel is up", false, up],
    ["has gone once it is held", false, held(new Failure("auth-rejected", ""))],
    ["has gone once it is stopped", false, { phase: "stopped", sinceMs: 0, reason: "asked" }],
    [
      "stays while a new session is opened beside the one that stands",
      true,
      { ...up, renewal: { reason: "restart-asked", sinceMs: 0, failure: null } },
    ],
    [
      "has gone when that came to nothing",
      false,
      { ...up, renewal: { reason: "restart-asked", sinceMs: 0, failure: new Failure("connect-timeout", "") } },
    ],
  ])("%s", async (_title, isAsked, state) => {
    expect(await isAskedAfter(state)).toBe(isAsked);
  });
});

describe("an answer", () => {
  it("is remembered once the log-in stands, for every tunnel that needs the same", async () => {
    const daemon = openPeople(noKeyring, quiet());
    const one = attended(daemon);
    await logIn(one, passphrase(), secretWord);
    expect(await tunnel(daemon).people.begin().ask(passphrase(), never)).toBe(secretWord);
    await expect(
      tunnel(daemon)
        .people.begin()
        .ask(passphrase({ subject: "/keys/other" }), never),
    ).rejects.toMatchObject({ code: "needs-answer" });
  });

  it("is not remembered of a log-in that did not stand", async () => {
    const { people, desk } = attended();
    await answered(people, people.begin(), passphrase(), secretWord, desk);
    await settle();
    people.isAttended = false;
    await expect(people.begin().ask(passphrase(), never)).rejects.toMatchObject({ code: "needs-answer" });
  });

  it("is never given again when it is a code", async () => {
    const scene = attended();
    await logIn(scene, code(), "123456");
    scene.people.isAttended = false;
    await expect(scene.people.begin().ask(code(), never)).rejects.toMatchObject({ code: "needs-answer" });
  });

  it("that did not do is forgotten, and is asked for anew", async () => {
    const scene = attended();
    await logIn(scene, passphrase(), "old");
    const person = scene.people.begin();
    expect(await person.ask(passphrase(), never)).toBe("old");
    await answered(scene.people, person, passphrase({ isRepeated: true }), "new", scene.desk);
    person.accepted();
    expect(await scene.people.begin().ask(passphrase(), never)).toBe("new");
  });

  it("that a server refused without asking again is not given to it again", async () => {
    const scene = attended();
    await logIn(scene, password(), "old");
    await scene.people.begin().ask(password(), never);
    scene.people.follow(held(new Failure("auth-rejected", "")));
    await expect(scene.people.begin().ask(password(), never)).rejects.toMatchObject({ code: "needs-answer" });
  });

  it("stays remembered when a log-in failed for another reason", async () => {
    const scene = attended();
    await logIn(scene, password(), "right");
    await scene.people.begin().ask(password(), never);
    scene.people.follow(waiting(new Failure("connection-reset", "")));
    expect(await scene.people.begin().ask(password(), never)).toBe("right");
  });

  it("serves every tunnel that waits for it, also one that nobody attends to", async () => {
    const daemon = openPeople(noKeyring, quiet());
    const [one, two, alone] = [attended(daemon), attended(daemon), tunnel(daemon)];
    const answers = [one, two].map(({ people }) => people.begin().ask(passphrase(), never));
    await settle();
    answers.push(alone.people.begin().ask(passphrase(), never));
    await settle();
    expect(new Set([one, two, alone].map(({ people }) => people.prompt?.id)).size).toBe(1);
    daemon.desk.answer(one.people.prompt?.id ?? "", secretWord);
    expect(await Promise.all(answers)).toEqual([secretWord, secretWord, secretWord]);
  });

  it("is not shared when it is a code", async () => {
    const daemon = openPeople(noKeyring, quiet());
    const [one, two] = [attended(daemon), attended(daemon)];
    for (const { people } of [one, two])
      people
        .begin()
        .ask(code(), never)
        .catch(() => {});
    await settle();
    expect(one.people.prompt?.id).not.toBe(two.people.prompt?.id);
  });

  it("closes the same question of a tunnel that came later, once it has proved right", async () => {
    const daemon = openPeople(noKeyring, quiet());
    const [one, two] = [attended(daemon), attended(daemon)];
    const person = one.people.begin();
    await answered(one.people, person, passphrase(), secretWord, daemon.desk);
    const later = two.people.begin().ask(passphrase(), never);
    await settle();
    expect(two.people.prompt).not.toBeNull();
    person.accepted();
    expect(await later).toBe(secretWord);
    expect(two.people.prompt).toBeNull();
  });

  it("lets a tunnel go on that was held for want of it", async () => {
    const daemon = openPeople(noKeyring, quiet());
    const alone = tunnel(daemon);
    const failure: Failure = await alone.people
      .begin()
      .ask(passphrase(), never)
      .catch((error) => error);
    alone.people.follow(held(failure));
    await logIn(attended(daemon), password(), "another");
    expect(alone.answerable()).toBe(0);
    await logIn(attended(daemon), passphrase(), secretWord);
    expect(alone.answerable()).toBe(1);
    alone.people.follow(connecting);
    await logIn(attended(daemon), passphrase({ isRepeated: true }), "changed");
    expect(alone.answerable()).toBe(1);
  });
});

describe("a notice", () => {
  it("is shown until it is taken back, and there is nothing to answer", () => {
    const { people, changes } = tunnel();
    const takeBack = people.begin().tell("Confirm user presence for key");
    expect(people.prompt).toEqual({ id: expect.any(String), kind: "notice", text: "Confirm user presence for key" });
    takeBack();
    takeBack();
    expect(people.prompt).toBeNull();
    expect(changes()).toBe(2);
  });

  it("goes with its log-in", () => {
    const { people } = tunnel();
    people.begin().tell("Confirm user presence for key");
    people.follow(up);
    expect(people.prompt).toBeNull();
  });
});

describe("the keyring", () => {
  it("is not touched by a tunnel whose config does not name it", async () => {
    const keyring = fakeKeyring({ [accountOfKey]: secretWord });
    const scene = attended(openPeople(keyring, quiet()));
    await logIn(scene, passphrase(), "typed");
    expect(keyring.reads).toEqual([]);
    expect(keyring.kept.get(accountOfKey)).toBe(secretWord);
  });

  it("answers where nobody attends", async () => {
    const keyring = fakeKeyring({ [accountOfKey]: secretWord });
    const { people } = tunnel(openPeople(keyring, quiet()), true);
    expect(await people.begin().ask(passphrase(), never)).toBe(secretWord);
  });

  it("gets what was right, under its kind and subject, once", async () => {
    const keyring = fakeKeyring();
    const scene = attended(openPeople(keyring, quiet()), true);
    const person = scene.people.begin();
    await answered(scene.people, person, passphrase(), secretWord, scene.desk);
    expect(keyring.kept.size).toBe(0);
    person.accepted();
    await settle();
    expect([...keyring.kept]).toEqual([[accountOfKey, secretWord]]);
  });

  it("never gets a code", async () => {
    const keyring = fakeKeyring();
    await logIn(attended(openPeople(keyring, quiet()), true), code(), "123456");
    expect(keyring.kept.size).toBe(0);
    expect(keyring.reads).toEqual([]);
  });

  it("is not believed after its answer did not do, and has the right one afterwards", async () => {
    const keyring = fakeKeyring({ [accountOfKey]: "stale" });
    const daemon = openPeople(keyring, quiet());
    const scene = attended(daemon, true);
    const person = scene.people.begin();
    expect(await person.ask(passphrase(), never)).toBe("stale");
    await answered(scene.people, person, passphrase({ isRepeated: true }), secretWord, scene.desk);
    await expect(tunnel(daemon, true).people.begin().ask(passphrase(), never)).rejects.toMatchObject({ code: "needs-answer" });
    person.accepted();
    await settle();
    expect(keyring.kept.get(accountOfKey)).toBe(secretWord);
  });

  it("that cannot be had costs one line of the log, a warning in the status, and no tunnel", async () => {
    const log = quiet();
    const scene = attended(openPeople(noKeyring, log), true);
    expect(scene.people.warnings).toEqual([]);
    for (const answer of ["one", "two"]) await logIn(scene, passphrase({ isRepeated: answer === "two" }), answer);
    expect(log.warned).toEqual([expect.stringContaining("the system's keyring cannot be had (no secret service provider)")]);
    expect(scene.people.warnings).toEqual(log.warned);
    expect(await scene.people.begin().ask(passphrase(), never)).toBe("two");
  });

  it("that hangs keeps a log-in for half a minute at most", async () => {
    const hanging: Keyring = {
      ...noKeyring,
      read: (_account, signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("late")))),
    };
    const { people } = tunnel(openPeople(hanging, quiet()), true);
    const refused = expect(people.begin().ask(passphrase(), never)).rejects.toMatchObject({ code: "needs-answer" });
    await vi.advanceTimersByTimeAsync(30_000);
    await refused;
    expect(people.warnings).toHaveLength(1);
  });
});

it("says nothing of an answer to the log", async () => {
  const log = quiet();
  const scene = attended(openPeople(fakeKeyring(), log), true);
  await logIn(scene, passphrase(), secretWord);
  await logIn(scene, password({ isRepeated: true }), secretWord);
  expect(log.all.length).toBeGreaterThan(3);
  expect(JSON.stringify(log.all)).not.toContain(secretWord);
});

interface Scene {
  readonly people: TunnelPeople;
  readonly desk: PeopleContext["desk"];
  changes(): number;
  answerable(): number;
}

function tunnel(daemon = openPeople(noKeyring, quiet()), usesKeyring = false): Scene {
  let [changes, answerable] = [0, 0];
  const people = new TunnelPeople({
    ...daemon,
    tunnel: "web",
    usesKeyring: () => usesKeyring,
    onChange: () => {
      changes += 1;
    },
    onAnswerable: () => {
      answerable += 1;
    },
  });
  return { people, desk: daemon.desk, changes: () => changes, answerable: () => answerable };
}

function attended(daemon?: PeopleContext, usesKeyring = false): Scene {
  const scene = tunnel(daemon, usesKeyring);
  scene.people.isAttended = true;
  return scene;
}

const settle = () => vi.advanceTimersByTimeAsync(0);

/** The person is asked, and answers. */
async function answered(
  people: TunnelPeople,
  person: Person,
  question: Question,
  answer: string,
  desk: PeopleContext["desk"],
): Promise<void> {
  const asked = person.ask(question, never);
  await settle();
  desk.answer(people.prompt?.id ?? "", answer);
  expect(await asked).toBe(answer);
}

/** A log-in that asks this, is answered, and stands. */
async function logIn({ people, desk }: Scene, question: Question, answer: string): Promise<void> {
  const person = people.begin();
  await answered(people, person, question, answer, desk);
  person.accepted();
  await settle();
}

function quiet(): Logger & { readonly warned: string[]; readonly all: unknown[] } {
  const warned: string[] = [];
  const all: unknown[] = [];
  const note = (fields: object, sentence: string) => void all.push(fields, sentence);
  return {
    warned,
    all,
    debug: note,
    info: note,
    warn: (fields, sentence) => {
      warned.push(sentence);
      note(fields, sentence);
    },
    error: note,
  };
}
