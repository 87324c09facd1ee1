import { expect, it } from "vitest";
import { Failure } from "../../../../src/base/failure.js";
import { defaultOpenclawPort } from "../../../../src/config/openclaw-port.js";
import { resolveName } from "../../../../src/daemon/openclaw/resolve-name.js";
import { neverAborted } from "../../../support/login.js";

it("takes a gateway's default port where the log-in may not look for another, and says so", async () => {
  const mute = { exec: () => Promise.reject(new Failure("exec-refused", "the server runs no command for this log-in")) };
  const port = defaultOpenclawPort("work");
  expect(await resolveName({ profile: "work" }, mute, neverAborted)).toEqual({
    endpoint: { host: "127.0.0.1", port },
    warning: expect.stringContaining(`${port} is its default`),
  });
});
