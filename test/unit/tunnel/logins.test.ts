import { expect, it } from "vitest";
import { systemClock } from "../../../src/base/clock.js";
import { Failure } from "../../../src/base/failure.js";
import { Knocker } from "../../../src/ssh/knock.js";
import { nobody } from "../../../src/ssh/person.js";
import type { ConnectContext, Surroundings } from "../../../src/ssh/session.js";
import { Logins } from "../../../src/tunnel/logins.js";
import { fakeSession } from "../fixtures/fake-session.js";
import { someLogin } from "../fixtures/login.js";

const never = new AbortController().signal;
const facts = { engine: "ssh2", engineReason: null, target: "me@db:22", firstHop: null, keepalive: null, warnings: [] } as const;

/** A tunnel whose log-ins do what the test says, in a world of which one text is known. */
function makeLogins(connect: (context: ConnectContext) => Promise<ReturnType<typeof fakeSession>>) {
  const world = { knownHosts: "as it was", looks: 0 };
  const surroundings = (): Promise<Surroundings> => {
    world.looks += 1;
    return Promise.resolve({ keys: "", knownHosts: world.knownHosts, sshConfig: "" });
  };
  const connectAny = (_login: unknown, context: ConnectContext) => connect(context);
  const engine = { connect: connectAny, firstHop: () => Promise.resolve(null), surroundings };
  const outside = {
    agentSocket: () => undefined,
    person: () => nobody,
    knocker: new Knocker(() => 0),
    clock: systemClock,
    chance: () => 0,
  };
  return { world, logins: new Logins({ login: someLogin, fallbackTargets: [] }, { engine, ...outside }) };
}

it("remember what they depended on when they began, whatever is edited before they fail", async () => {
  const { world, logins } = makeLogins(async ({ onResolved }) => {
    onResolved(facts);
    world.knownHosts = "edited meanwhile";
    throw new Failure("host-key-unknown", "nobody knows this key");
  });
  await expect(logins.begin("asked").opened).rejects.toThrow();
  expect(await logins.lookBack(never)).toMatchObject({ knownHosts: "as it was" });
  expect(await logins.look(never)).toMatchObject({ knownHosts: "edited meanwhile" });
});

it("look at nothing but the way once one has worked", async () => {
  const { world, logins } = makeLogins(async ({ onResolved }) => {
    onResolved(facts);
    return fakeSession();
  });
  await logins.begin("asked").opened;
  const looksBefore = world.looks;
  await logins.begin("asked").opened;
  expect(world.looks).toBe(looksBefore);
});
