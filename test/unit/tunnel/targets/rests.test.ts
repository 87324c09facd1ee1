import { expect, it } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import { Rests } from "../../../../src/tunnel/targets/rests.js";

const seen = { keys: "a key", knownHosts: "", sshConfig: "" };
const refusal = new Failure("auth-rejected", "the key is not wanted");
const minuteMs = 60_000;

it("leave a target in peace that refused the key, for ten minutes", async () => {
  const rests = new Rests();
  rests.note(1, refusal, seen, 0);
  expect(await rests.of(1, async () => seen, 9 * minuteMs)).toBe(refusal);
  expect(await rests.of(0, async () => seen, 9 * minuteMs)).toBeUndefined();
  expect(await rests.of(1, async () => seen, 10 * minuteMs)).toBeUndefined();
});

it("end as soon as the keys or ssh_config are others, and not for an edit of known_hosts", async () => {
  const rests = new Rests();
  rests.note(0, refusal, seen, 0);
  expect(await rests.of(0, async () => ({ ...seen, knownHosts: "edited" }), 1)).toBe(refusal);
  expect(await rests.of(0, async () => ({ ...seen, keys: "another" }), 1)).toBeUndefined();
});

it("are not for a server that is away", async () => {
  const rests = new Rests();
  rests.note(0, new Failure("connect-timeout", "nobody"), seen, 0);
  expect(await rests.of(0, async () => seen, 1)).toBeUndefined();
});
