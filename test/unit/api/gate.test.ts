import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, it } from "vitest";
import { refuseRequest } from "../../../src/api/gate.js";

describe("the door of the control API", () => {
  it.each<IncomingHttpHeaders>([
    { host: "localhost" },
    { host: "localhost:80" },
    { host: "clawtunnel" },
    { host: "localhost", "user-agent": "curl/8.0", accept: "*/*" },
  ])("is open to this user's own tools: %o", (headers) => {
    expect(refuseRequest(headers)).toBeUndefined();
  });

  it.each<IncomingHttpHeaders>([
    { host: "localhost", origin: "http://evil.example" },
    { host: "localhost", origin: "null" },
    { host: "localhost", origin: "" },
    { host: "localhost", origin: "http://localhost" },
    { host: "localhost", referer: "http://evil.example/" },
    { host: "localhost", "sec-fetch-site": "same-origin" },
  ])("is shut to a browser, wherever its page came from: %o", (headers) => {
    expect(refuseRequest(headers)).toBe("browsers are not served");
  });

  it.each<IncomingHttpHeaders>([
    {},
    { host: "" },
    { host: "evil.example" },
    { host: "localhost.evil.example" },
    { host: "evil.example:80" },
    { host: "localhost:80:80" },
    { host: "localhost:" },
    { host: "127.0.0.1" },
  ])("is shut to a name that was rebound: %o", (headers) => {
    expect(refuseRequest(headers)).toBe("the Host header must be localhost");
  });
});
