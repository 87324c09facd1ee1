import { describe, expect, it } from "vitest";
import type { HostConfig } from "../../../../src/ssh/host-config.js";
import { Conversation } from "../../../../src/ssh/openssh/conversation.js";
import type { Question } from "../../../../src/ssh/person.js";
import { someHost } from "../../fixtures/host.js";

const asksForKey = "Enter passphrase for key '/keys/id': ";

/** What the person is asked while ssh asks for the same key so often, and what is typed each time. */
async function ask(host: HostConfig, times: number): Promise<boolean[]> {
  const questions: Question[] = [];
  const conversation = new Conversation({
    host,
    context: {
      agentSocket: undefined,
      person: {
        ask: async (question) => {
          questions.push(question);
          return "secret";
        },
        tell: () => () => {},
        accepted: () => {},
      },
      acceptedHostKeys: new Set(),
      onResolved: () => {},
      onUnknownHostKey: () => {},
    },
    marksServersWords: true,
    signal: new AbortController().signal,
    type: () => {},
    fail: (failure) => expect.fail(failure.message),
    pause: () => () => {},
  });
  for (let time = 0; time < times; time += 1) {
    conversation.onTerminal(asksForKey);
    await new Promise(setImmediate);
    conversation.onTerminal("\r\n");
  }
  conversation.end();
  return questions.map(({ isRepeated }) => isRepeated);
}

describe("a passphrase that ssh asks for again", () => {
  it("was wrong, when only one ssh can have asked", async () => {
    expect(await ask(someHost, 3)).toEqual([false, true, true]);
  });

  it.each<[string, Partial<HostConfig>]>([
    ["a jump host", { jumps: [{ ...someHost, alias: "edge" }] }],
    ["a proxy command", { proxyCommand: "ssh -W %h:%p edge" }],
  ])("may be wanted by the server after %s, and was wrong only when it is asked for once more", async (_name, way) => {
    expect(await ask({ ...someHost, ...way }, 4)).toEqual([false, false, true, false]);
  });
});
