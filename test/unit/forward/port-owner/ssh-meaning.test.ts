import { describe, expect, it } from "vitest";
import { meansVeryForward } from "../../../../src/forward/port-owner/ssh-meaning.js";
import type { WantedForward } from "../../../../src/forward/port-owner/very-forward.js";

const wanted: WantedForward = {
  target: { user: "me", host: "vps.example.com", port: 22 },
  forward: { bind: { host: "127.0.0.1", port: 8080 }, to: { host: "127.0.0.1", port: 80 } },
  others: [{ bind: { host: "127.0.0.1", port: 5432 }, to: { host: "db", port: 5432 } }],
};

/** Some of what OpenSSH 9 prints for `ssh -N -L 8080:127.0.0.1:80 me@vps.example.com`. */
const plain = [
  "host vps.example.com",
  "user me",
  "hostname vps.example.com",
  "port 22",
  "controlmaster false",
  "gatewayports no",
  "permitlocalcommand no",
  "proxyusefdpass no",
  "sessiontype none",
  "tunnel false",
  "localforward 8080 [127.0.0.1]:80",
  "tunneldevice any:any",
  "forwardagent no",
];
const judge = (lines: readonly string[]) => meansVeryForward(`${lines.join("\n")}\n`, wanted);
const without = (keyword: string) => plain.filter((line) => !line.startsWith(`${keyword} `));

describe("what ssh prints of itself", () => {
  it("is the wanted forward when there is nothing else", () => {
    expect(judge(plain)).toBe(true);
  });

  it.each([
    ["localforward", ["localforward [127.0.0.1]:8080 [127.0.0.1]:80"]],
    ["localforward", ["localforward [localhost]:8080 [localhost]:80", "localforward 5432 [db]:5432"]],
    ["localforward", ["localforward [::1]:8080 [127.0.0.1]:80"]],
    ["controlmaster", ["controlmaster no"]],
    ["tunnel", ["tunnel no"]],
    ["hostname", ["hostname VPS.example.com"]],
    // As before OpenSSH 8.7.
    ["sessiontype", []],
  ])("is the wanted forward, too, where %s is %j", (keyword, lines) => {
    expect(judge([...without(keyword), ...lines])).toBe(true);
  });

  it.each([
    ["localforward", ["localforward 8081 [127.0.0.1]:80"]],
    ["localforward", ["localforward 8080 [127.0.0.1]:81"]],
    ["localforward", ["localforward 8080 [other]:80"]],
    ["localforward", ["localforward []:8080 [127.0.0.1]:80"]],
    ["localforward", ["localforward [*]:8080 [127.0.0.1]:80"]],
    ["localforward", ["localforward [10.0.0.1]:8080 [127.0.0.1]:80"]],
    ["localforward", ["localforward 8080 /run/docker.sock"]],
    ["localforward", ["localforward 5432 [db]:5432"]],
    ["localforward", []],
    ["user", ["user you"]],
    ["user", []],
    ["hostname", ["hostname 192.0.2.1"]],
    ["hostname", []],
    ["port", ["port 2222"]],
    ["port", []],
    ["controlmaster", ["controlmaster auto"]],
    ["controlmaster", ["controlmaster true"]],
    ["controlmaster", []],
    ["tunnel", ["tunnel point-to-point"]],
    ["tunnel", []],
    ["permitlocalcommand", ["permitlocalcommand yes"]],
    ["permitlocalcommand", []],
    ["sessiontype", ["sessiontype default"]],
    ["gatewayports", ["gatewayports yes"]],
  ])("is not, where %s is %j", (keyword, lines) => {
    expect(judge([...without(keyword), ...lines])).toBe(false);
  });

  it.each([
    "localforward 9000 [h]:9",
    "localforward /tmp/x.sock [h]:9",
    "dynamicforward 1080",
    "remoteforward 9000 [h]:9",
    "remoteforward 9000 [socks]:0",
    "proxyjump edge",
    "proxycommand nc %h %p",
    "remotecommand make",
    "user you",
  ])("is not with `%s` besides", (line) => {
    expect(judge([...plain, line])).toBe(false);
  });

  it("is not when it is nothing, or something else", () => {
    expect(judge([])).toBe(false);
    expect(judge(["usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy]"])).toBe(false);
  });
});
