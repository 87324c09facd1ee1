import { describe, expect, it } from "vitest";
import { readGatewayProcess } from "../../../../src/openclaw/server/process.js";

const id = "4f2d0c6e9b1a4f2d0c6e9b1a4f2d0c6e9b1a4f2d0c6e9b1a4f2d0c6e9b1a4f2d";

describe("the gateway's process", () => {
  it("has its flags, its variables and the unit that starts it again", () => {
    const text = [
      "p 4711 me node\u001f/opt/openclaw.mjs\u001fgateway\u001f--bind\u001flan\u001f--port=19000\u001f",
      "e tailnet",
      "g 0::/user.slice/user-1000.slice/user@1000.service/app.slice/openclaw-gateway.service",
      "h 0::/init.scope",
    ].join("\n");
    expect(readGatewayProcess(text, 4711)).toEqual({
      pid: 4711,
      user: "me",
      bindFlag: "lan",
      bindEnv: "tailnet",
      unit: { name: "openclaw-gateway.service", scope: "user" },
      container: null,
      isServerContainer: false,
    });
  });

  it("has written its title over its flags, and its unit still has them", () => {
    const text = [
      "p 4711 me openclaw-gateway\u001f\u001f\u001f\u001f",
      "g 0::/system.slice/openclaw.service",
      "x /usr/bin/node /opt/openclaw.mjs gateway run --bind lan ",
    ].join("\n");
    expect(readGatewayProcess(text, 4711)).toMatchObject({ bindFlag: "lan", unit: { name: "openclaw.service", scope: "system" } });
  });

  it.each([
    ["Docker with systemd", `g 0::/system.slice/docker-${id}.scope`],
    ["Docker without", `g 9:pids:/docker/${id}`],
    ["Podman", `g 0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope`],
  ])("runs in a container of %s", (_what, line) => {
    expect(readGatewayProcess(`p 7 root openclaw-gateway\n${line}\nh 0::/init.scope`, 7)).toMatchObject({ container: id, unit: null });
  });

  it("runs in no container of the server when the server is that container", () => {
    const text = `p 7 root openclaw-gateway\nc yes\ng 0::/docker/${id}\nh 0::/docker/${id}`;
    expect(readGatewayProcess(text, 7)).toMatchObject({ container: null, isServerContainer: true });
  });

  it("in a session of a person has no unit", () => {
    expect(readGatewayProcess("p 7 me node\ng 0::/user.slice/user-1000.slice/session-3.scope", 7).unit).toBeNull();
  });

  it("is not known once it is gone", () => {
    expect(() => readGatewayProcess("h 0::/init.scope", 7)).toThrow(expect.objectContaining({ code: "exec-failed" }));
  });
});
