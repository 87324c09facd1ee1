import { describe, expect, it } from "vitest";
import { formatDestination, parseContainerPort } from "../../../src/config/destination.js";
import { parseDestination, parseForward } from "../../../src/config/forward-spec.js";

describe("a container as a destination", () => {
  it("is docker:NAME:PORT, and is told as it is written", () => {
    expect(parseDestination("docker:web_1.a-b:80")).toEqual({ container: "web_1.a-b", port: 80 });
    expect(formatDestination({ container: "web_1.a-b", port: 80 })).toBe("docker:web_1.a-b:80");
  });

  it("leaves a host its name: docker:80 is port 80 of it", () => {
    expect(parseDestination("docker:80")).toEqual({ host: "docker", port: 80 });
    expect(parseForward("8080:docker:80").to).toEqual({ host: "docker", port: 80 });
    expect(parseContainerPort("[docker]:web:80")).toBeUndefined();
  });

  it.each(["docker:$(reboot):80", "docker:a b:80", "docker:-f:80", "docker:a'b:80", "docker::80", "docker:a\nb:80", "docker:a;b:80"])(
    "has no name that could be read as something else: %j",
    (text) => {
      expect(() => parseContainerPort(text)).toThrow("is not a container's name");
    },
  );

  it.each(["docker:web:0", "docker:web:70000", "docker:web:http"])("has a port: not %s", (text) => {
    expect(() => parseContainerPort(text)).toThrow("the port");
  });

  it.each([
    ["8080:docker:web:80", { host: "127.0.0.1", port: 8080 }],
    ["[::1]:8080:docker:web:80", { host: "::1", port: 8080 }],
    ["/run/web.sock:docker:web:80", { path: "/run/web.sock" }],
  ])("may end a -L: %s", (text, bind) => {
    expect(parseForward(text)).toEqual({ bind, to: { container: "web", port: 80 } });
  });

  it("is bound to loopback like any other", () => {
    expect(() => parseForward("0.0.0.0:8080:docker:web:80")).toThrow("would let other machines in");
    expect(() => parseForward("a:b:8080:docker:web:80")).toThrow("is not a forward");
  });
});
