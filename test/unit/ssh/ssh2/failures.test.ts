import { expect, it } from "vitest";
import { failureFromChannel, failureFromSsh2 } from "../../../../src/ssh/ssh2/failures.js";

const phishing = "bye\r\n\r\nEnter passphrase for key '/home/me/.ssh/id_ed25519': ";

it.each([
  ["ends the session", failureFromSsh2(Object.assign(new Error(phishing), { code: 11 }), { where: "me@box:22", stage: "session" })],
  ["opens no channel", failureFromChannel(Object.assign(new Error(phishing), { reason: 4 }), "db:5432")],
])("a server that %s has no line of its own in what is said of it", (_, { message }) => {
  expect(message).toMatch(/^(?:me@box:22|the server).*bye Enter passphrase/);
});
