import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Credential, describeCredential, type IdentityFile, orderCredentials } from "../../../../../src/ssh/ssh2/auth/credentials.js";

type AgentKey = Credential & { source: "agent" };

const blobOf = (key: string) => Buffer.from(`blob of ${key}`);
const inAgent = (key: string): AgentKey => ({ source: "agent", comment: key, blob: blobOf(key) });
const usable = (key: string): IdentityFile => ({ path: `/keys/${key}`, state: "usable", blob: blobOf(key) });
const locked = (key: string): IdentityFile => ({ path: `/keys/${key}`, state: "locked", blob: blobOf(key) });
const lockedUnknown: IdentityFile = { path: "/keys/mystery", state: "locked", blob: undefined };
const offered = (named: IdentityFile[], agent: AgentKey[], defaults: IdentityFile[]) =>
  orderCredentials({ named, agent, defaults, identitiesOnly: false }).map(describeCredential);
const publicHalf = (key: string): IdentityFile => ({ path: `/keys/${key}.pub`, state: "public", blob: blobOf(key) });

describe("the order in which keys are offered", () => {
  it("is named files, then the agent's, then the default files", () => {
    expect(offered([usable("n1"), usable("n2")], [inAgent("a1"), inAgent("a2")], [usable("d1")])).toEqual([
      "/keys/n1",
      "/keys/n2",
      "a1 (agent)",
      "a2 (agent)",
      "/keys/d1",
    ]);
  });

  it("puts a named key first also where the agent holds it, and lets the agent sign", () => {
    expect(offered([usable("k")], [inAgent("other"), inAgent("k")], [])).toEqual(["k (agent)", "other (agent)"]);
  });

  it("puts what needs a passphrase last, so that nobody is asked while another key will do", () => {
    expect(offered([locked("k"), locked("n"), lockedUnknown], [inAgent("k"), inAgent("a")], [usable("d1"), locked("d2")])).toEqual([
      "k (agent)",
      "a (agent)",
      "/keys/d1",
      "/keys/n",
      "/keys/mystery",
      "/keys/d2",
    ]);
  });

  it("offers a key that is named by its public half only by an agent that holds it", () => {
    expect(offered([publicHalf("k"), publicHalf("absent")], [inAgent("a"), inAgent("k")], [])).toEqual(["k (agent)", "a (agent)"]);
  });

  it("leaves out the agent's other keys with IdentitiesOnly, but not those that a file names", () => {
    const sources = { named: [locked("k"), publicHalf("p")], agent: [inAgent("a"), inAgent("p"), inAgent("k"), inAgent("d")] };
    const ordered = orderCredentials({ ...sources, defaults: [usable("d")], identitiesOnly: true });
    expect(ordered.map(describeCredential)).toEqual(["k (agent)", "p (agent)", "d (agent)"]);
  });

  it("offers a key once, though it is named, in the agent and a default file", () => {
    expect(offered([usable("k"), usable("k")], [inAgent("k"), inAgent("k")], [usable("k")])).toEqual(["k (agent)"]);
  });

  it("is empty when there is nothing to offer", () => {
    expect(offered([publicHalf("k")], [], [])).toEqual([]);
  });
});

describe("a key in a sentence", () => {
  it("is called by its comment, or is a key", () => {
    expect(describeCredential({ ...inAgent("k"), comment: "" })).toBe("a key (agent)");
    expect(describeCredential({ source: "file", path: "/k", blob: blobOf("k") })).toBe("/k");
  });
});

describe("whatever keys there are", () => {
  const keys = fc.constantFrom("a", "b", "c", "d", "e");
  const files = fc.array(fc.oneof(keys.map(usable), keys.map(locked), fc.constant(lockedUnknown)), { maxLength: 5 });
  const agents = fc.array(keys.map(inAgent), { maxLength: 5 });
  const id = (blob: Buffer | undefined) => blob?.toString();

  it("offers each that can be used, once, and the agent's by the agent", () => {
    fc.assert(
      fc.property(files, agents, files, (named, agent, defaults) => {
        const ordered = orderCredentials({ named, agent, defaults, identitiesOnly: false }).filter(({ blob }) => blob !== undefined);
        const ids = ordered.map(({ blob }) => id(blob));
        const held = new Set(agent.map(({ blob }) => id(blob)));
        const known = [...named, ...defaults].filter(({ blob }) => blob !== undefined).map(({ blob }) => id(blob));
        expect(ids).toHaveLength(new Set(ids).size);
        expect(new Set(ids)).toEqual(new Set([...held, ...known]));
        for (const { source, blob } of ordered) expect(source === "agent").toBe(held.has(id(blob)));
      }),
    );
  });

  it("asks for no passphrase before everything else was offered", () => {
    fc.assert(
      fc.property(files, agents, files, fc.boolean(), (named, agent, defaults, identitiesOnly) => {
        const isLocked = orderCredentials({ named, agent, defaults, identitiesOnly }).map(({ source }) => source === "locked-file");
        expect(isLocked).toEqual([...isLocked].sort());
      }),
    );
  });

  it("offers no key that was not named before one that was, and no default before the agent's", () => {
    fc.assert(
      fc.property(files, agents, files, (named, agent, defaults) => {
        const isNamed = new Set(named.map(({ blob }) => id(blob)));
        const held = new Set(agent.map(({ blob }) => id(blob)));
        const open = orderCredentials({ named, agent, defaults, identitiesOnly: false }).filter(({ source }) => source !== "locked-file");
        const ranks = open.map(({ blob, source }) => {
          // A locked file in the list of names does not make a default file's key a named one.
          const opens = named.some((file) => file.state === "usable" && id(file.blob) === id(blob)) || source === "agent";
          return isNamed.has(id(blob)) && opens ? 0 : held.has(id(blob)) ? 1 : 2;
        });
        expect(ranks).toEqual([...ranks].sort());
      }),
    );
  });
});
